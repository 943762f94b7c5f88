"""Builds the site for functions that run in this process."""

import os
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config

ROOT = Path(__file__).parents[2]


def build_site(folder: Path, **extra: object) -> Path:
    """Build the site below a folder, and have the functions of this process answer with its pages.

    `extra` takes the place of settings under `extra:` in mkdocs.yml.
    """
    site = folder / "site"
    config = load_config(str(ROOT / "mkdocs.yml"), site_dir=str(site), strict=True)
    config.extra |= extra
    build(config)
    os.environ["PAGES_FOLDER"] = str(folder / ".build" / "pages")
    return site
