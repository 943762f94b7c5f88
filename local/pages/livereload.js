// Reloads the page once a newer build of the site is there. The server answers when there is one, or after a minute.
const { epoch } = document.currentScript.dataset;

async function wait() {
  for (;;) {
    // One page in front waits: browsers open only a few connections to one server.
    if (document.hidden)
      await new Promise((shown) => document.addEventListener("visibilitychange", shown, { once: true }));
    try {
      const answer = await fetch(`/livereload/${epoch}/${Date.now()}`);
      if (Number(await answer.text()) > Number(epoch)) return location.reload();
    } catch {
      await new Promise((later) => setTimeout(later, 1000)); // The server is restarting.
    }
  }
}

wait();
