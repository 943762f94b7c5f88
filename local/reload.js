// Reloads the page when the local run has built the site anew. MkDocs answers /livereload/<epoch>/<id> once it has.
const epoch = Number(new URL(document.currentScript.src).search.slice(1));

async function waitForBuild() {
  for (;;) {
    try {
      const answer = await fetch(`/livereload/${epoch}/${Date.now()}`);
      if (Number(await answer.text()) > epoch) return location.reload();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000)); // The server is restarting.
    }
  }
}

waitForBuild();
