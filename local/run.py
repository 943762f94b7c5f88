"""Assembles the local run: the stand-in for AWS, the site, the streams, the clock, the server."""

import itertools
import json
import logging
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

from local.aws.dynamodb_stream import Stream
from local.aws.eventbridge import Reports
from local.aws.lambda_runtime import forget
from local.aws.stand_in import StandIn
from local.clock import Clock
from local.events import stream_mappings
from local.mailbox import Mailbox
from local.server import Server
from local.template import ACCOUNT, Template

ROOT = Path(__file__).parents[1]

_accounts = itertools.count(int(ACCOUNT) + 1)

log = logging.getLogger("local")


class CodeChanged(BaseException):
    """The local run's own code or the template changed: it needs a new process."""


@contextmanager
def running(
    listener: socket.socket,
    data: Path | None = None,
    *,
    root: Path = ROOT,
    watch: bool = False,
    account: str = ACCOUNT,
    edge_cache: bool = False,
    address: str = "",
) -> Iterator[Server]:
    """Start everything: call `serve()` on what this gives. `data` None keeps nothing. `address` is where browsers reach
    it, if something stands between them and the listener.

    With `watch`, the site is built anew when something under `root` changes, and browsers reload. `serve()` raises
    CodeChanged where building is not enough.
    """
    address = address or "http://{}:{}".format(*listener.getsockname())
    with ExitStack() as stack:
        stack.callback(listener.close)
        template = Template(root / "template.yaml", SiteUrl=address)
        streams: list[Stream] = []
        reports = Reports(template)
        clock = Clock(template, lambda: _settle(streams, reports), data)  # first: what follows lives in its time
        # Last: a form that is still on its way belongs to the day on which the visitor sends it again.
        stack.callback(clock.close)
        cloud = StandIn(template, data, account)
        stack.callback(cloud.close)
        folder = Path(tempfile.mkdtemp(prefix="site-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        site = folder / "site"
        os.environ["PAGES_FOLDER"] = str(folder / ".build" / "pages")
        stack.callback(forget, template)

        def build_site() -> MkDocsConfig:
            # Before: the hooks draw the forms as they are now. After: the functions redraw the pages as they are now.
            forget(template)
            config = load_config(str(root / "mkdocs.yml"), site_dir=str(site), site_url=f"{address}/")
            config.plugins.on_startup(command="build", dirty=False)
            build(config)
            config.plugins.on_shutdown()
            forget(template)
            return config

        config = build_site()
        rebuild, mailbox = _rebuild(root, build_site), Mailbox(cloud.sent_mail)
        server = Server(listener, site, rebuild, template, mailbox, clock, edge_cache=edge_cache)
        stack.callback(server.close)
        if watch:
            _watch(server, config, root)
        streams += [Stream(template, mapping) for mapping in stream_mappings(template)]
        server.streams = tuple(streams)
        cloud.on_mail(reports.note)
        players: list[Reports | Stream | Clock] = [reports, *streams, clock]
        for player in players:
            player.start()
            stack.callback(player.stop)
        if data:
            stack.enter_context(_told_to_staff(data / "run.json", template))
        yield server


@contextmanager
def _told_to_staff(file: Path, template: Template) -> Iterator[None]:
    """Keep a file while this runs, in which the `staff` command finds what it needs to work here."""
    wanted = {*template.environment(), "PAGES_FOLDER", *(name for name in os.environ if name.startswith("AWS_"))}
    file.touch(mode=0o600)
    file.write_text(json.dumps({name: os.environ[name] for name in sorted(wanted)}), "utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _settle(streams: Sequence[Stream], reports: Reports) -> None:
    """Play the streams, and what SES reports of the e-mail that went out."""
    for stream in streams:
        stream.drain()
    reports.drain()


@contextmanager
def serving(data: Path | None = None, *, root: Path = ROOT) -> Iterator[Server]:
    """Start everything on a free port, in a thread: `url`, `streams` and `mailbox` are what tests look at."""
    with running(socket.create_server(("127.0.0.1", 0)), data, root=root, account=str(next(_accounts))) as server:
        thread = threading.Thread(target=server.serve, name="local", daemon=True)
        thread.start()
        while thread.is_alive() and not server.serve_thread.is_alive():
            time.sleep(0.01)  # MkDocs' shutdown() forgets a thread that is about to start
        try:
            yield server
        finally:
            server.close()
            thread.join()


def _watch(server: Server, config: MkDocsConfig, root: Path) -> None:
    """Watch what makes the site and the functions."""
    packages = [file.parent for file in (root / "functions").rglob("__init__.py")]
    for folder in (root / "local", root / "local/aws", root / "functions", *packages):
        if folder.exists():
            server.watch(str(folder), recursive=False)
    others = (root / "template.yaml", root / "functions" / "templates", config.config_file_path, config.docs_dir)
    for path in (*others, config.theme.custom_dir, *config.watch):
        if path and Path(path).exists():
            server.watch(str(path))


def _rebuild(root: Path, build_site: Callable[[], object]) -> Callable[[], None]:
    """Rebuild after a change. Raises CodeChanged, or the error in the new code."""
    template, modules = root / "template.yaml", sorted(root.glob("local/**/*.py"))

    def stamps() -> list[float]:
        return [file.stat().st_mtime for file in (template, *modules)]

    at_start = stamps()

    def rebuild() -> None:
        if stamps() != at_start:
            Template(template)
            for module in modules:
                compile(module.read_text("utf-8"), module, "exec")
            raise CodeChanged
        started = time.monotonic()
        build_site()
        log.info("Built again in %.1f s", time.monotonic() - started)

    return rebuild
