"""Puts the local run together: the stand-in for AWS, the site, the stream, the server."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

from local.aws import StandIn
from local.gateway import Gateway
from local.mailbox import Mailbox
from local.server import Server
from local.stream import Stream
from local.template import Template

ROOT = Path(__file__).parents[1]


@contextmanager
def running(port: int, data: Path | None = None, *, watch: bool = False) -> Iterator[Server]:
    """Everything, ready: call `serve()` on what this gives. `data` None keeps nothing.

    With `watch`, what changes is built anew and browsers reload.
    """
    address = f"http://127.0.0.1:{port}"
    template = Template(ROOT / "template.yaml", SiteUrl=address)
    with ExitStack() as stack:
        cloud = StandIn(template, data)
        stack.callback(cloud.close)
        site = tempfile.mkdtemp(prefix="certification-site-")
        stack.callback(shutil.rmtree, site)

        def configuration() -> MkDocsConfig:
            return load_config(str(ROOT / "mkdocs.yml"), site_dir=site, site_url=f"{address}/")

        server = Server(
            port=port,
            root=site,
            build=lambda: build(configuration()),
            gateway=Gateway(template),
            mailbox=Mailbox(cloud.sent_mail),
            headers=template.response_headers(),
        )
        server.builder()
        if watch:
            config = configuration()
            for path in (config.docs_dir, str(config.config_file_path), *config.watch):
                server.watch(path)
        server.streams = [Stream(template, mapping) for mapping in template.stream_mappings()]
        for stream in server.streams:
            stream.start()
            stack.callback(stream.stop)
        yield server


def code_stamp() -> float:
    """When the Python code or the template last changed, in seconds of the epoch: a change needs a new process."""
    files = [
        ROOT / "template.yaml",
        *ROOT.glob("functions/*.py"),
        *ROOT.glob("local/*.py"),
        *ROOT.glob("overrides/hooks/*.py"),
    ]
    return max(file.stat().st_mtime for file in files)
