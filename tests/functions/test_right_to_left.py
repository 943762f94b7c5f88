"""Names and messages in a script from right to left stay whole among English words, at the desk and by e-mail."""

import re
from html.parser import HTMLParser

from storage import certifications
from storage.outbox import Owed
from tests.support.samples import COMPLETED, CONTACT, PLAQUE

HEBREW = re.compile("[\u05d0-\u05ea]")
NAME = '\u05de\u05e9\u05d8\u05e8\u05d4 "\u05e6\u05e4\u05d5\u05df"'
"""Its last quotation mark jumps to the other end where the name is not set apart."""
OURS = re.compile(r"\s*(Message from|Plaque for) |.*\(hebrew letter")
"""What begins in English and ends with a name, or spells letters, is read in English."""
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


class Apart(HTMLParser):
    """Collects what is in Hebrew, and is not set apart from the words around it."""

    def __init__(self):
        super().__init__()
        self.found, self.mixed = 0, []
        self._open = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        is_set_apart = tag == "bdi" or given.get("dir") == "auto"
        # Nobody sees where these stand.
        is_set_apart |= tag == "title" or "visually-hidden" in given.get("class", "") or given.get("type") == "hidden"
        if HEBREW.search(given.get("value", "")):
            self._note(given["value"], is_set_apart)
        if tag not in VOID:
            self._open.append((tag, is_set_apart))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if HEBREW.search(data) and not OURS.match(data):
            self._note(data, any(is_set_apart for _, is_set_apart in self._open))

    def _note(self, text, is_set_apart):
        self.found += 1
        self.mixed += [] if is_set_apart else [text]


def read(html):
    reader = Apart()
    reader.feed(html)
    return reader


def test_the_desk_sets_them_apart_on_every_page(submitted, office, report):
    contact = submitted("contact", **CONTACT | {"name": NAME, "organization": NAME, "message": f"{NAME}.\n{NAME}?"})
    given = PLAQUE | {"agency": NAME, "contact_name": NAME, "street1": NAME}
    certified = submitted("plaque", **given)
    office.do(certified, "mark")
    waits = submitted(
        "plaque", **given | {"agency": f"{NAME} \u05d0", "completed": COMPLETED.replace(day=1).isoformat()}
    )
    office.do(contact, "note", text=f"{NAME}.")
    office.press(office.get(action := f"/desk/{waits}/correct"), action, street1=f"{NAME} 2")
    report("Bounce", Owed("SUBMISSIONS_TABLE", contact, "receipt"), bounceType="Permanent")
    [agency] = certifications.everybody()
    pages = {
        address: office.get(address)
        for address in (
            *("/desk/", "/desk/plaques", "/desk/plaques/labels", "/desk/certified", f"/desk/certified/{agency.id}"),
            *(f"/desk/{each}" for each in (contact, certified, waits)),
            *(f"/desk/{each}/{page}" for each in (contact, waits) for page in ("person", "correct")),
        )
    }
    pages["Find"] = office.press(pages["/desk/"], "/desk/find", q=NAME)
    pages["Marked"] = office.get(f"/desk/plaques?marked={certified}")
    pages["Look for it"] = office.press(pages[f"/desk/{waits}"], f"/desk/{waits}/certified", q=NAME)
    read_pages = {address: read(page.text.partition("<main")[2]) for address, page in pages.items()}
    assert [address for address, page in read_pages.items() if not page.found] == []
    assert {address: page.mixed for address, page in read_pages.items() if page.mixed} == {}


def test_e_mail_to_the_office_sets_them_apart(submitted, inbox, office, clock, report):
    contact = submitted("contact", **CONTACT | {"name": NAME, "organization": NAME, "message": f"{NAME}.\n{NAME}?"})
    office.do(submitted("plaque", **PLAQUE | {"agency": NAME, "contact_name": NAME, "street1": NAME}), "mark")
    submitted("plaque", **PLAQUE | {"agency": f"{NAME} \u05d0", "contact_name": NAME, "street1": f"{NAME} 2"})
    report("Bounce", Owed("SUBMISSIONS_TABLE", contact, "receipt"), bounceType="Permanent")
    clock.forward(days=1)
    mails = [read(each["html"]) for each in inbox.messages()]
    assert sum(mail.found > 0 for mail in mails) >= 4, "requests, a reminder, the digest"
    assert [mail.mixed for mail in mails if mail.mixed] == []
