"""Minifies the site's assets and puts a content hash into each name: assets/site.css becomes
assets/site.1f2e3d4c5b.css.

So browsers may cache the folder for a year. Templates name an asset as `{{ 'site.css' | asset | url }}`.
"""

import hashlib
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import lightningcss
import minify
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

FOLDER = Path(__file__).parents[1] / "assets"
BROWSERS = (FOLDER.parent / ".browserslistrc").read_text("utf-8").split("\n")[:-1]
"""The oldest browsers that the site is for. Newer ways of writing CSS are put in words that these understand."""
IMPORT = re.compile(r'(?<=["\'])\./([\w.-]+\.js)(?=["\'])')
INCLUDE = re.compile(r'@import "\./([\w.-]+\.css)";')
"""The sheet that it names takes its place."""

minify.config(
    {
        "html-keep-comments": True,
        "html-keep-default-attr-vals": True,
        "html-keep-document-tags": True,
        "html-keep-end-tags": True,
        "html-keep-quotes": True,
        "js-version": 2021,
    }
)

_names: dict[str, str] = {}
"""Published name of each file, from the latest build."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of the folder by the published ones."""
    _names.clear()
    sources = {file.name: file.read_bytes() for file in sorted(FOLDER.iterdir())}
    for file in list(files):
        if file.abs_src_path and Path(file.abs_src_path).parent == FOLDER:
            files.remove(file)
    for name, (published, content) in published_as(sources).items():
        _names[name] = published
        files.append(File.generated(config, f"assets/{published}", content=content))
    return files


def on_env(env: Any, **_: object) -> Any:
    """Give templates the filter `asset`."""
    env.filters["asset"] = address
    return env


def on_post_page(output: str, **_: object) -> str:
    """Leave out white space that shows nowhere. Comments stay: functions find the parts of a page by them."""
    return str(minify.string("text/html", output))


def address(name: str) -> str:
    """Return the URL of an asset, relative to the site. Raises PluginError for a name that is not in the folder."""
    if name not in _names:
        raise PluginError(f"there is no {name!r} in overrides/assets; there are {', '.join(_names)}")
    return f"assets/{_names[name]}"


def published_as(sources: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Return the published name and content of each file. Raises PluginError, and CycleError if imports form a cycle.

    Imports use published names, so a change in one script renames all that import it.
    """
    small = {name: minified(name, with_included(content, sources)) for name, content in sources.items()}
    imports = {name: set(IMPORT.findall(text)) if isinstance(text, str) else set() for name, text in small.items()}
    published: dict[str, tuple[str, bytes]] = {}
    for name in TopologicalSorter(imports).static_order():
        if name not in small:
            raise PluginError(f"a script imports {name!r}, which is not in overrides/assets")
        text = small[name]
        if isinstance(text, str):
            text = IMPORT.sub(lambda found: f"./{published[found[1]][0]}", text).encode()
        published[name] = (named(name, text), text)
    return published


def with_included(content: bytes, sources: Mapping[str, bytes]) -> bytes:
    """Return a stylesheet with those that it imports in their places; anything else as it is. Raises PluginError."""

    def included(found: re.Match[str]) -> str:
        if found[1] not in sources:
            raise PluginError(f"a stylesheet imports {found[1]!r}, which is not in overrides/assets")
        return sources[found[1]].decode()

    return INCLUDE.sub(included, content.decode()).encode() if b"@import" in content else content


def minified(name: str, content: bytes) -> str | bytes:
    """Minify a stylesheet or script; return anything else unchanged."""
    match Path(name).suffix:
        case ".css":
            return lightningcss.process_stylesheet(content.decode(), filename=name, browsers_list=BROWSERS)
        case ".js":
            return str(minify.string("application/javascript", content.decode()))
    return content


def named(name: str, content: bytes) -> str:
    """Return the name with ten digits of the content's hash."""
    file = Path(name)
    return f"{file.stem}.{hashlib.sha256(content).hexdigest()[:10]}{file.suffix}"
