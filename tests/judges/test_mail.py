"""What mail programs and calendars read: the same as was written, by libraries that are not Python's."""

from datetime import UTC, date, datetime, timedelta

import calendars
from mail import ses
from tests.support import judges, strict_mail
from tests.support.email_states import NAMES, states
from tests.support.samples import CONTACT, HOSTILE, PLAQUE

STOP = "https://certification.example.org/forms/announcements/unsubscribe?token=abc"


def test_another_library_reads_every_state_of_every_e_mail_as_it_was_written(stand_in, tmp_path):
    to = ["one@example.gov", "two@example.gov"]
    written = [ses.with_one_click(ses.compose(name, to=to, **each), STOP) for name in NAMES for each in states(name)]
    files = [tmp_path / f"{number}.eml" for number in range(len(written))]
    for file, message in zip(files, written, strict=True):
        file.write_bytes(message.as_bytes())
    for file, message, found in zip(files, written, judges.read("mail", *files), strict=True):
        ours = strict_mail.read(file.read_bytes())
        reply_to = message["Reply-To"]
        assert found["subject"] == message["Subject"]
        assert (found["from"], found["to"]) == ([message["From"].addresses[0].addr_spec], to)
        assert found["replyTo"] == ([each.addr_spec for each in reply_to.addresses] if reply_to else [])
        assert found["text"].strip() == ours.text().strip()
        assert found["html"].strip() == ours.text("text/html").strip()
        assert found["unsubscribe"] == {"url": STOP}


def test_another_library_reads_what_was_typed_and_nothing_hidden_in_it(post, inbox, stand_in, tmp_path):
    for text in HOSTILE.values():
        post("contact", CONTACT | {"organization": text, "message": f"{text}\n{text}", "reply_code": ""})
    inbox.deliver()
    files = [tmp_path / f"{number}.eml" for number in range(len(HOSTILE))]
    sent = [raw for raw in stand_in.sent_mail() if "Reply-To: jordan.sample@example.gov" in raw]
    for file, raw in zip(files, sent, strict=True):
        file.write_bytes(raw.encode())
    for text, found in zip(HOSTILE.values(), judges.read("mail", *files), strict=True):
        assert found["to"] == ["office@certification.example.org"]
        assert f"> {text}\n> {text}" in found["text"]
        subject = found["subject"].replace("[.]", ".").replace("[:]", ":")  # so that no mail program links it
        assert text.replace("=?", "= ?")[:20] in subject


def test_another_library_takes_the_calendar_file_from_the_e_mail_and_knows_all_of_it(post, inbox, stand_in, tmp_path):
    post("plaque", PLAQUE)
    inbox.deliver()
    for number, raw in enumerate(stand_in.sent_mail()):
        (tmp_path / f"{number}.eml").write_bytes(raw.encode())
    [attached] = [each for mail in judges.read("mail", *tmp_path.glob("*.eml")) for each in mail["attachments"]]
    assert (attached["filename"], attached["contentType"]) == ("renewal.ics", "text/calendar")
    file = tmp_path / "renewal.ics"
    file.write_bytes(attached["content"].encode())
    [[whole, event, alarm]] = judges.read("calendar", file)
    assert (whole["name"], event["name"], alarm["name"]) == ("vcalendar", "vevent", "valarm")
    assert [each["unknown"] for each in (whole, event, alarm)] == [[], [], []]
    assert {"prodid", "version", "method"} <= whole["properties"].keys()
    assert {"uid", "dtstamp", "dtstart", "dtend", "summary"} <= event["properties"].keys()
    assert {"action", "trigger", "description"} <= alarm["properties"].keys()


def test_another_library_reads_the_same_days_around_the_end_of_february(tmp_path):
    now = datetime(2026, 11, 26, tzinfo=UTC)
    days = [date(2028, 2, 27) + timedelta(days=each) for each in range(4)]
    files = [tmp_path / f"{day}.ics" for day in days]
    for day, file in zip(days, files, strict=True):
        file.write_bytes(calendars.renewal("K7M2P9QRTX", day, now, "https://example.org", now.date()))
    for day, [_, event, alarm] in zip(days, judges.read("calendar", *files), strict=True):
        said = event["properties"]
        assert (said["dtstart"], said["dtend"]) == (str(day), str(day + timedelta(days=1)))
        assert alarm["properties"]["trigger"] == "-P60D"
