"""Mails an announcement, a page of the site, to every subscriber at the rate that the AWS account allows."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import yaml
from markdown import markdown
from mkdocs.utils.meta import YAML_RE as FRONT_MATTER

import links
from mail import ses
from mail.delivery import send_once
from settings import settings
from staff.connection import Refused
from storage import subscribers
from storage.outbox import Owed, is_settled

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
SLOWEST = 1.0
"""E-mails a second if the account's rate is unknown: that of a new account."""


@dataclass(frozen=True)
class Announcement:
    """A page in docs/announcements/: its name in URLs, its title, and its Markdown."""

    slug: str
    title: str
    text: str


def read(path: Path) -> Announcement:
    """Raises Refused."""
    if not path.is_file() or not SLUG.fullmatch(path.stem) or path.suffix != ".md":
        raise Refused(f"{path} is not an announcement: give a file such as docs/announcements/2027-03-renewal.md.")
    text = path.read_text("utf-8-sig")
    front = FRONT_MATTER.match(text)
    facts = yaml.safe_load(front[1]) if front else None
    if not front or not isinstance(facts, dict) or not facts.get("title"):
        raise Refused(f"{path} has no title in its front matter.")
    return Announcement(path.stem, str(facts["title"]), re.sub(r"\A\s*# .*\n", "", text[front.end() :]).strip())


def compose(announcement: Announcement, address: str) -> EmailMessage:
    """Compose the e-mail to one subscriber, with the link and the headers to unsubscribe (RFC 8058)."""
    site = settings().site_url
    stop = links.unsubscribe_link(address)
    message = ses.compose(
        "announcement",
        to=[address],
        title=announcement.title,
        text=_absolute(announcement.text, site),
        html=markdown(_absolute(announcement.text, site)),
        page=f"{site}/announcements/{announcement.slug}/",
        stop=stop,
    )
    return ses.with_one_click(message, stop)


def still_to_mail(announcement: Announcement) -> list[dict[str, Any]]:
    """Return the subscribers who have not got it: all, or those that an interrupted run left."""
    slot = announcement.slug
    return [each for each in subscribers.everybody() if slot not in each["mail"] or not is_settled(each["mail"], slot)]


def send(
    announcement: Announcement, people: list[dict[str, Any]], rate: float, wait: Callable[[float], None]
) -> Iterator[bool]:
    """Mail one after the other, at most `rate` a second; yield for each whether it was sent."""
    for person in people:
        started = time.monotonic()
        yield _mail_one(announcement, person)
        wait(max(0.0, 1 / rate - (time.monotonic() - started)))


def sending_rate() -> float:
    """Return how many e-mails a second the account may send."""
    try:
        return float(boto3.client("sesv2").get_account()["SendQuota"]["MaxSendRate"]) or SLOWEST
    except Exception:
        return SLOWEST


def _mail_one(announcement: Announcement, person: Mapping[str, Any]) -> bool:
    def one(item: Mapping[str, Any]) -> EmailMessage | str:
        address = ses.deliverable(item["email"])
        return compose(announcement, address) if address else "undeliverable"

    try:
        send_once(Owed("SUBSCRIBERS_TABLE", person["id"], announcement.slug), one)
    except Exception:
        return False
    return True


def _absolute(text: str, site: str) -> str:
    """Make links between pages absolute: `../faq.md#x` becomes `<site>/faq/#x`."""
    return re.sub(
        r"\]\((?:\.\./)*([\w/-]+)\.md(#[\w-]+)?\)", lambda found: f"]({site}/{found[1]}/{found[2] or ''})", text
    )
