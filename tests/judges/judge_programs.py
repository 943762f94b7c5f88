"""Programs of their own, slower or harder to install: `make judges`. A spam filter, a spreadsheet, a feed reader, and
what an auditor of security.txt says."""

import csv
import io
import subprocess

from mail import ses
from safe_text import csv_text
from tests.support.email_states import NAMES, states
from tests.support.samples import HOSTILE, PLAQUE

RULED = """
use Mail::SpamAssassin;
my $judge = Mail::SpamAssassin->new({ local_tests_only => 1, dont_copy_prefs => 1, userprefs_filename => "/dev/null" });
for my $file (@ARGV) {
  open(my $in, "<", $file); local $/; my $mail = $judge->parse(<$in>); my $said = $judge->check($mail);
  printf("%.1f %s %s\\n", $said->get_score(), $said->get_names_of_tests_hit(), $file); $said->finish(); $mail->finish();
}
"""
"""SpamAssassin without questions to the network, for all files in one process."""
RECEIVED = (
    b"Received: from a8-1.smtp-out.amazonses.com (a8-1.smtp-out.amazonses.com [54.240.8.1])\r\n"
    b"\tby mx.example.gov with ESMTPS id 1; %s\r\nMessage-ID: <0100018c@email.amazonses.com>\r\n"
)
"""What SES and the receiving server add."""


def test_spamassassin_sees_at_most_half_a_point_in_any_e_mail(stand_in, tmp_path):
    for name in NAMES:
        for number, state in enumerate([next(states(name)), list(states(name))[-1]]):
            message = ses.compose(name, to=["someone@example.gov"], **state)
            file = tmp_path / f"{name}-{number}.eml"
            file.write_bytes(RECEIVED % str(message["Date"]).encode() + message.as_bytes())
    command = ["perl", "-e", RULED, *sorted(tmp_path.glob("*.eml"))]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(said) == 2 * len(NAMES)
    assert [line for line in said if float(line.split()[0]) > 0.5] == []


def rows(written):
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def opened(file, folder):
    """What LibreOffice shows of a CSV file, cell by cell, with its "special numbers" off and then on."""
    for special in ("false", "true"):
        read = f"CSV:44,34,76,1,,0,false,{special}"
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", f"--infilter={read}"]
        written = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false"
        out = folder / special
        subprocess.run([*command, "--convert-to", written, "--outdir", out, file], check=True, capture_output=True)
        yield rows((out / file.name).read_bytes())


def test_libreoffice_shows_what_was_typed_and_computes_nothing(tmp_path):
    typed = [*HOSTILE.values(), "=1+1", "+15555550123", "-1+2", "@SUM(1)", "\t=1", "'=1", "00501-0001", "1e5", "TRUE"]
    file = tmp_path / "typed.csv"
    file.write_text(csv_text(["a", "b"], [[each, "x"] for each in typed]), "utf-8-sig")
    plain, special = opened(file, tmp_path)
    for shown in (plain, special):
        assert [len(row) for row in shown] == [2] * (len(typed) + 1)
        for [cell, _], text in zip(shown[1:], typed, strict=True):
            assert cell.lstrip("'") == text.lstrip("'") or text in ("1e5", "TRUE")


def test_libreoffice_shows_every_row_of_the_plaques_as_the_desk_does(post, office, inbox, tmp_path):
    post("plaque", PLAQUE)
    file = tmp_path / "plaques.csv"
    file.write_text(office.get("/desk/plaques.csv").text, "utf-8")
    plain, _ = opened(file, tmp_path)
    assert (plain, len(plain)) == (rows(file.read_bytes()), 2)


def test_a_feed_reader_takes_the_feed_without_a_complaint(built_site):
    from datetime import date

    import feedparser

    from overrides.hooks.news import Announcement, feed

    listed = [Announcement(f"announcements/{n}/", f"News <{n}> & more", date(2027, 2, n), "Short") for n in (2, 1)]
    for written in (feed(listed, "https://example.org/", "Site"), (built_site / "announcements/feed.xml").read_text()):
        read = feedparser.parse(written)
        assert (read.bozo, read.version) == (False, "atom10")
    read = feedparser.parse(feed(listed, "https://example.org/", "Site"))
    assert [each.link for each in read.entries] == [f"https://example.org/announcements/{n}/" for n in (2, 1)]


def test_an_auditor_finds_no_fault_in_security_txt(built_site):
    from sectxt import Parser

    said = Parser((built_site / ".well-known/security.txt").read_bytes())
    assert said.errors == []
    # Nobody at the office keeps a PGP key: a report comes as a plain e-mail or through the contact form.
    assert {each["code"] for each in said.recommendations} == {"no_encryption", "not_signed"}
