"""Lets Markdown link to the addresses that are settings in mkdocs.yml, as in `[the platform][platform]`."""

from mkdocs.config.defaults import MkDocsConfig

REFERENCES = {"platform": "platform_url", "donate": "donate_url", "candid": "candid_url"}
"""The name that a link uses, and the setting with its address."""


def on_page_markdown(markdown: str, config: MkDocsConfig, **_: object) -> str:
    """Append the references to the page; Markdown draws only the links that use them."""
    lines = [f"[{name}]: {config.extra[setting]}" for name, setting in REFERENCES.items()]
    return "\n\n".join([markdown, "\n".join(lines)])
