"""Attacks in the name of an agency."""

from datetime import date, timedelta

from tests.support.office import OFFICE
from tools.attack.target import PLAQUE, Target

MALLORY = "mallory@evil.example.com"


def invitations(target: Target) -> None:
    """Fill one stranger's inbox by requests in the names of many agencies."""
    two_years_ago = (date.today() - timedelta(days=729)).isoformat()
    for number in range(12):
        claim = {"agency": f"Nowhere {number} Police Department", "email": "victim@victim.example.com"}
        target.post("plaque", PLAQUE | claim | {"completed": two_years_ago}, f"127.0.2.{number + 1}")
    target.forward(hours=60)
    told = [each for each in target.mail_to("victim@victim.example.com") if "end" in each["subject"].lower()]
    assert not told, f"{len(told)} invitations"


def somebody_elses_name(target: Target) -> None:
    """Take over an agency's certification by typing its name, or learn whether it has one."""
    office, today = target.office(), date.today()
    asked = target.post("plaque", PLAQUE | {"completed": (today - timedelta(days=690)).isoformat()}, "127.0.5.1")
    assert asked.status == 303
    office.do(target.reference(PLAQUE["email"]), "mark")
    for number, agency in enumerate((PLAQUE["agency"], "Nowhere Police Department")):
        for days in (0, 700):
            claim = {"agency": agency, "email": MALLORY, "completed": (today - timedelta(days=days)).isoformat()}
            assert target.post("plaque", PLAQUE | claim, f"127.0.5.{number + 2}").status == 303
    warned = [each for each in target.mail_to(OFFICE) if "another e-mail domain" in each["text"]]
    assert len(warned) >= 2, "the office is not told that a stranger asks"
    receipts = [each["subject"].partition(" - ")[0] for each in target.mail_to(MALLORY)]
    assert len(set(receipts)) == 1, "an e-mail tells whether an agency is on file"
    before = len(target.mail_to(MALLORY))
    target.forward(days=45)
    assert len(target.mail_to(MALLORY)) == before, "a stranger gets what belongs to an agency"
    invited = [each for each in target.mail_to(PLAQUE["email"]) if "begin the process again" in each["subject"]]
    assert invited, "the agency is not invited any more"
