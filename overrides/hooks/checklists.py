"""Makes a page and JSON of each file in checklists/, and gives templates `config.extra.checklists`."""

import json
from dataclasses import asdict
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import promises
from overrides.hooks.checklist_files import Checklist, introduction, read_folder

INDEX = "checklists.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, their JSON, and their places in the navigation."""
    folder = Path(config.config_file_path).parent / "checklists"
    config.extra["checklists"] = checklists = read_folder(folder)
    config.extra["valid_for_years"] = promises.VALID_FOR_YEARS
    pages = {f"checklists/{checklist.name}.md": checklist for checklist in checklists}
    for page, checklist in pages.items():
        files.append(File.generated(config, page, abs_src_path=str(folder / Path(page).name)))
        files.append(File.generated(config, page.replace(".md", ".json"), content=as_json([checklist])))
    files.append(File.generated(config, "checklists/all.json", content=as_json(checklists)))
    for entry in config.nav or []:
        if isinstance(entry, dict) and INDEX in entry.values():
            entry.update({title: [INDEX, *pages] for title in entry})
    return files


def on_page_markdown(text: str, page: Page, config: MkDocsConfig, **_: object) -> str | None:
    """Give the template its checklist, and remove the items from the Markdown."""
    for checklist in config.extra["checklists"]:
        if page.url == checklist.url:
            page.meta.update(template="checklist.html", checklist=checklist, description=checklist.purpose)
            return introduction(text)
    return None


def as_json(checklists: list[Checklist]) -> str:
    """Return `{"checklists": [...]}`, each with the fields of Checklist."""
    return json.dumps({"checklists": [asdict(checklist) for checklist in checklists]}, ensure_ascii=False, indent=1)
