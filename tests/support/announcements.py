"""A project of its own for announcements, with the pages, hooks and settings of this one."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def announcements_of(folder: Path) -> Path:
    """Make the project in a folder, and return its docs/announcements/."""
    for name in ("overrides", "checklists", "functions"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    announcements = folder / "docs/announcements"
    announcements.mkdir(exist_ok=True)
    return announcements
