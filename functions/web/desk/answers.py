"""Reads the office's template answers, one Markdown file each in functions/templates/answers/.

The first line is the title. `{site}` and `{telephone}` are filled in; text in [brackets] must be completed before
sending.
"""

from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

import rendering
from settings import settings
from storage.submissions import Submission

FOLDER = rendering.HERE / "templates" / "answers"


@dataclass(frozen=True)
class Answer:
    """One template answer: its title and its text."""

    title: str
    text: str


@cache
def everything() -> tuple[Answer, ...]:
    """Return the answers by the names of their files. Raises ValueError for a file without a title."""
    return tuple(_read(file.read_text("utf-8"), file.name) for file in sorted(FOLDER.glob("*.md")))


def links(submission: Submission) -> list[tuple[str, str]]:
    """Return (title, address): each opens an e-mail to the sender in the person's own program, filled in."""
    address = submission.answers.get("email", "").strip()
    if not address:
        return []
    told = {"site": settings().site_url, "telephone": rendering.office().telephone}
    subject = f"{submission.declared.about(submission.answers)} [{submission.reference}]"
    person = submission.declared.person(submission.answers)
    thread = f"<{submission.reference}@{settings().sender_address.partition('@')[2]}>"
    return [
        (
            answer.title,
            _mailto(
                address,
                subject=subject,
                body=f"{person},\n\n{answer.text.format(**told)}" if person else answer.text.format(**told),
                **{"In-Reply-To": thread},
            ),
        )
        for answer in everything()
    ]


def _read(text: str, name: str) -> Answer:
    first, _, rest = text.partition("\n")
    if not first.startswith("# ") or not rest.strip():
        raise ValueError(f"{name} does not begin with a title, as in `# Cost and time`, with the answer below")
    return Answer(first.removeprefix("# ").strip(), rest.strip())


def _mailto(address: str, **headers: str) -> str:
    """Make a mailto link; RFC 6068 writes the end of a line as CR LF."""
    values = {name: quote(value.replace("\n", "\r\n"), safe="") for name, value in headers.items()}
    filled = "&".join(f"{name}={value}" for name, value in values.items())
    return f"mailto:{quote(address, safe='@')}?{filled}"
