"""Mails an announcement, a page of the site, to every subscriber at the rate that the AWS account allows."""

import time
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import boto3

import links
from mail import ses
from mail.delivery import send_once
from settings import settings
from staff.announcement_page import Announcement
from storage import subscribers
from storage.outbox import Owed, is_settled

SLOWEST = 1.0
"""E-mails a second if the account's rate is unknown: that of a new account."""
PATIENCE = 10
"""Seconds that the site has to show the page."""


def address_of(announcement: Announcement) -> str:
    """Return the address of the page on the site."""
    return f"{settings().site_url}/announcements/{announcement.slug}/"


def is_on_site(announcement: Announcement) -> bool:
    """Return whether the site has the page, to which the e-mail leads. Raises OSError if the site does not answer."""
    try:
        with urlopen(address_of(announcement), timeout=PATIENCE):  # noqa: S310  # the stack names the address
            return True
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return False
        raise


def compose(announcement: Announcement, address: str) -> EmailMessage:
    """Compose the e-mail to one subscriber, with the link and the headers to unsubscribe (RFC 8058)."""
    stop = links.unsubscribe_link(address)
    message = ses.compose(
        "announcement",
        to=[address],
        reply_to=announcement.office["email"],
        title=announcement.title,
        text=announcement.text,
        html=announcement.html,
        page=address_of(announcement),
        stop=stop,
        office=announcement.office,
    )
    message["List-Id"] = f"{ses.FROM_NAME} <announcements.{urlsplit(settings().site_url).hostname}>"
    return ses.with_one_click(message, stop)


def send_one(announcement: Announcement, address: str) -> None:
    """Mail it to one address as a test, subscribed or not. It does not count as sent to a subscriber."""
    ses.send(compose(announcement, address), {})


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
        return compose(announcement, item["email"])

    try:
        return send_once(Owed("SUBSCRIBERS_TABLE", person["id"], announcement.slug), one)
    except Exception:
        return False
