"""A desk that breaks off at any call, is asked again, and by two people: the same comes of it as without a fault.

The faults of tools/chaos strike the other verbs.
"""

import re
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

import promises
from office import agencies, invitations
from storage import certifications
from tests.support.examples import THOROUGH
from tests.support.office import DIRECTOR, at_desk
from tests.support.tables import empty_tables
from tools.chaos.tables import WRITES

WORK: dict[str, Any] = {
    "give-back": ("contact", {}, ("take",), {}),
    "correct": (
        "plaque",
        {},
        ("mark",),
        {"agency": "Springfield Police", "email": "new@example.gov", "new-receipt": "yes"},
    ),
    "close": ("contact", {}, ("another",), {"reason": "duplicate"}),
    "erase": ("contact", {}, (), {"confirm": "yes", "unfinished": "yes"}),
    "same": ("plaque", {}, (), {"certification": ""}),
    "address": ("plaque", {}, ("mark",), {"email": "new@example.gov"}),
    "invite": ("plaque", {}, ("mark", "stop"), {}),
    "rename": ("plaque", {}, ("mark",), {"name": "Police of Springfield"}),
    "withdraw": ("plaque", {"listed": "yes"}, ("mark",), {}),
    "list": ("plaque", {"listed": "no"}, ("mark", "wait"), {}),
    "end": ("plaque", {}, ("mark",), {}),
    "resume": ("plaque", {}, ("mark", "end"), {}),
}
"""By verb: the form, what is answered differently, what happened before, and what is typed."""
PAGES = {"correct": "/correct", "erase": "/person"}
OF_CERTIFICATION = ("address", "invite", "rename", "withdraw", "list", "end", "resume")
ACTIONS = {"erase": "/desk/person/erase"}


class Broken:
    """DynamoDB, of which one call fails: before it did anything, or after it did it."""

    def __init__(self, monkeypatch):
        from storage import dynamodb

        client: Any = dynamodb.client()
        self._calls = client._make_api_call
        monkeypatch.setattr(client, "_make_api_call", self._call)
        self.rest()

    def rest(self):
        self.strike(-1, False)

    def strike(self, at, after):
        self.calls, self._at, self._after = [], at, after

    def _call(self, operation, parameters):
        here = len(self.calls) == self._at
        self.calls.append(operation)
        if here and not self._after:
            raise ConnectionClosedError(endpoint_url="x")
        answer = self._calls(operation, parameters)
        if here:
            raise ConnectionClosedError(endpoint_url="x")
        return answer


def form(page, action):
    """The hidden fields of a form of the page; of another one, where it does not offer this."""
    return next((each for each in page.forms if each.action == action), page.forms[-1]).fields


def subjects(messages, reference):
    """What the e-mails about one submission are, without what differs from one to the next."""
    found = [message["subject"] for message in messages if reference in message["subject"]]
    return [re.sub(r" - by .*|Sample \d+", "", subject).replace(reference, "") for subject in found]


def faults(calls):
    """Faults, one for each way to leave the world behind: before anything is written, and after each write.

    A read that fails ends the request, which leaves what the write before it left; `make test-long` tries them all.
    """
    if THOROUGH:
        return [(at, after) for at in range(len(calls)) for after in (False, True)]
    return [(0, False), *((at, True) for at, operation in enumerate(calls) if operation in WRITES)]


@pytest.fixture
def lived(office, template, submitted, table, inbox, clock, monkeypatch):
    """Live it once, with a fault or without: the answers, the calls of the first press, and what came of it."""
    other = at_desk(template)
    other.begin_session(DIRECTOR)
    broken, number = Broken(monkeypatch), count()

    def lived(verb, at=-1, after=False):
        empty_tables(template)
        inbox.empty()
        slug, changed, before, typed = WORK[verb]
        each = next(number)
        whom = {"email": f"chief.{each}@example.gov"} | ({"agency": f"Sample {each}"} if slug == "plaque" else {})
        reference = submitted(slug, **whom, **changed)
        for earlier in before:
            match earlier:
                case "another":  # which the page then proposes to keep
                    submitted(slug, **whom, telephone="555 555 0199")
                case "stop":
                    [agency] = certifications.everybody()
                    invitations.stop(agency.id, promises.now(), invitations.BOUNCED)
                case "wait":
                    clock.forward(minutes=1)
                case "end":
                    [agency] = certifications.everybody()
                    agencies.end(agency.id, DIRECTOR, promises.now())
                case _:
                    office.do(reference, earlier)
        page = f"/desk/{reference}{PAGES.get(verb, '')}"
        action = ACTIONS.get(verb, f"/desk/{reference}/{verb}")
        if verb in OF_CERTIFICATION:
            [agency] = certifications.everybody()
            page, action = f"/desk/certified/{agency.id}", f"/desk/certified/{agency.id}/{verb}"
        first, second = office.get(page), other.get(page)
        fields = {person: form(shown, action) | typed for person, shown in ((office, first), (other, second))}
        broken.strike(at, after)
        answers = [office.post(action, fields[office]).status]
        calls = broken.calls
        broken.rest()
        answers += [office.post(action, fields[office]).status, other.post(action, fields[other]).status]
        inbox.deliver()
        clock.forward(minutes=11)
        item = table.item(reference)
        state = {
            "history": [(entry["what"], entry["by"]) for entry in item.get("history", ())],
            "mail": {slot: what["state"] for slot, what in item["mail"].items()},
            **{name: name in item for name in ("held", "done", "closed", "released", "taken", "erased_at", "clock")},
            "stage": item.get("stage", "").rpartition(" ")[0],
            "counted": dict(item.get("counted", {})),
            "answers": {name: answer for name, answer in item["answers"].items() if answer not in whom.values()},
            "subjects": sorted(subjects(inbox.messages(), reference)),
            "certifications": [
                (
                    [(entry["what"], entry["by"]) for entry in each.history],
                    each.why_stopped,
                    each.listed,
                    re.sub(r"\d+", "", each.name),
                    each.ended_on is None,
                    each.email.replace(whom["email"], ""),
                    [due["id"] for due in certifications.due(promises.now() + timedelta(days=800))] == [each.id],
                )
                for each in certifications.everybody()
            ],
        }
        return answers, calls, state

    return lived


@pytest.mark.parametrize("verb", WORK)
def test_each_verb_that_breaks_off_at_any_call_comes_to_the_same_as_without(verb, lived):
    answers, calls, expected = lived(verb)
    assert answers[:2] == [303, 303]
    assert len(calls) > 2
    for at, after in faults(calls):
        answers, _, state = lived(verb, at, after)
        assert answers[0] in (303, 500), (at, after)
        assert answers[1] == 303, (at, after)
        assert state == expected, (at, after)
