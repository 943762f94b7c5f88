"""Removes the theme's own scripts, styles and pictures from the site: no page loads them."""

from pathlib import Path

from mkdocs.structure.files import Files

OVERRIDES = Path(__file__).parents[1]


def on_files(files: Files, **_: object) -> Files:
    for file in list(files):
        if file.src_uri.startswith("assets/") and not Path(file.abs_src_path or "").is_relative_to(OVERRIDES):
            files.remove(file)
    return files
