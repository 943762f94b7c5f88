// Measures pages as Lighthouse's mobile setting does, one JSON line a run.
// node measure.mjs CHROMIUM RUNS ADDRESS...   (CHROMIUM_FLAGS: what Chromium is started with besides)
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromium, runs, ...addresses] = process.argv.slice(2);
const flags = (process.env.CHROMIUM_FLAGS ?? "").split(" ").filter(Boolean);
const chrome = await launch({ chromePath: chromium, chromeFlags: ["--headless=new", ...flags] });
try {
  for (const address of addresses) {
    for (let run = 0; run < Number(runs); run += 1) {
      const { lhr } = await lighthouse(address, { port: chrome.port, logLevel: "error" });
      const failed = Object.values(lhr.audits).filter(
        ({ score, scoreDisplayMode }) => score === 0 && scoreDisplayMode === "binary",
      );
      console.log(
        JSON.stringify({
          address,
          scores: Object.fromEntries(Object.entries(lhr.categories).map(([id, { score }]) => [id, score * 100])),
          paint: lhr.audits["largest-contentful-paint"].numericValue,
          shift: lhr.audits["cumulative-layout-shift"].numericValue,
          failed: failed.map(({ id }) => id),
        }),
      );
    }
  }
} finally {
  chrome.kill();
}
