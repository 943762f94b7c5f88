"""What the page of an announcement can, its e-mail can, or it is refused by file and line."""

import re

import pytest

from staff import announcement_page
from staff.connection import Refused
from tests.support.announcements import announcements_of

SITE = "https://certification.example.org"
FRONT = """---
title: A second certification
date: 2027-03-01
description: It begins in spring.
---

"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = announcements_of(tmp_path_factory.mktemp("project"))
    (folder / "2026-10-first.md").write_text(FRONT.replace("second", "first") + "First.\n", "utf-8")
    (folder / "map.png").write_bytes(b"")
    (folder / "map.svg").write_bytes(b"")
    return folder


@pytest.fixture
def drawn(folder):
    """Draw an announcement with this text."""

    def drawn(text, front=FRONT):
        path = folder / "2027-03-second.md"
        path.write_bytes(front.encode() + text if isinstance(text, bytes) else (front + text).encode())
        return announcement_page.read(path, SITE)

    return drawn


@pytest.mark.parametrize(
    ("markdown", "address"),
    [
        ("[home](../index.md)", "/"),
        ("[earlier](2026-10-first.md)", "/announcements/2026-10-first/"),
        ('[form](../plaque.md "The form")', "/plaque/"),
        ("[x][faq]\n\n[faq]: ../faq.md#who-may-apply", "/faq/#who-may-apply"),
        ("[list](../checklists/leader.md)", "/checklists/leader/"),
        ("[here](#part)\n\n## Part\n", "/announcements/2027-03-second/#part"),
        ("[form](../contact.md){ .button }", "/contact/"),
        ("<https://example.org/x?a=1&b=2>", "https://example.org/x?a=1&amp;b=2"),
        ("[mail](mailto:office@example.org)", "mailto:office@example.org"),
        ('<a href="../faq/">raw</a>', "/announcements/faq/"),
    ],
)
def test_every_kind_of_link_leads_where_it_does_on_the_page(markdown, address, drawn):
    wanted = address if ":" in address else SITE + address
    announcement = drawn(markdown)
    assert re.findall(r'href="([^"]*)"', announcement.html) == [wanted]
    assert wanted.replace("&amp;", "&") in announcement.text


def test_tables_pictures_lists_and_questions_arrive_in_both_parts(drawn):
    announcement = drawn(
        """# A second certification

It is **new** & *free*{ .note }.

| Day | Place |
|---|---|
| Monday | Here |

1. one
2. two
    - below

![Map](map.png)

??? question "Who may apply?"
    Any agency.

> Quoted.
"""
    )
    html, text = announcement.html, announcement.text
    assert "A second certification" not in html + text  # the e-mail has the title already
    assert "class=" not in html
    assert "{" not in text
    assert "<th " in html
    assert "Day | Place" in text
    assert "Monday | Here" in text
    assert "1. one\n2. two\n  - below" in text
    assert f'src="{SITE}/announcements/map.png" alt="Map"' in html
    assert f"Map ({SITE}/announcements/map.png)" in text
    assert "Who may apply?" in text
    assert "Any agency." in text
    assert "It is new & free." in text
    assert "It is <strong>new</strong> &amp; <em>free</em>." in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fine.\n\n[x](no-such-page.md)\n", r":9: .*no-such-page"),
        ("Fine.\n\n[x](../faq.md#no-such-part)\n", r":9: .*no-such-part"),
        ("![x](no-such-picture.png)\n", r":7: .*no-such-picture"),
        ("Fine.\n\n<video src='x.mp4'></video>\n", r":9: an e-mail cannot show <video>"),
        ("<script>alert(1)</script>\n", r":7: an e-mail cannot show <script>"),
        ("![x](map.svg)\n", r":7: mail programs do not show the picture"),
        ("[x](javascript:alert(1))\n", r":7: an e-mail cannot link to javascript"),
        ("Fine.\nR\xe9novation\n".encode("latin-1"), r":8: this is not UTF-8"),
        ('Fine.\n\n<a href="http://[x">x</a>\n', r":9: an e-mail cannot link to http://\[x"),
        ('Fine.\n\n<img src="http://[x.png" alt="">\n', r":9: an e-mail cannot link to http://\[x.png"),
        ('Fine.\n\n<ol start="x"><li>x</li></ol>\n', r":9: a list cannot start at x; give a number"),
        ('Fine.\n\n<a href="../faq.md">x</a>\n', r":9: an e-mail cannot link to ../faq.md"),
        ("<!-- form: contact -->\n", r":1: an e-mail cannot show <form>"),
    ],
)
def test_what_an_e_mail_cannot_show_is_refused_by_file_and_line(text, said, drawn):
    with pytest.raises(Refused, match=r"2027-03-second\.md" + said):
        drawn(text)


@pytest.mark.parametrize(
    ("front", "said"),
    [
        ("title: Renewal: what is new", r"\.md:2: mapping values are not allowed here; put a text that holds a colon"),
        ("title: [a, b]", r"\.md:1: an announcement begins with title"),
        ("title: 2027", r"\.md:1: an announcement begins with title"),
        ("also: x", r"\.md:1: an announcement begins with title"),
        ("description: y", r"\.md:4: 'description' is there twice"),
    ],
)
def test_front_matter_that_the_site_does_not_take_is_refused_in_one_line(front, said, drawn):
    with pytest.raises(Refused, match=said) as refused:
        drawn("Text.", f"---\n{front}\ndate: 2027-03-01\ndescription: x\n---\n")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("when", ["2027-03-01 09:00:00", "2027-03-01T09:00:00Z", '"2027-03-01"', "soon", ""])
def test_a_date_that_is_not_a_day_is_refused(when, drawn):
    with pytest.raises(Refused, match=r"\.md:1: an announcement begins with title, date \(YYYY-MM-DD\)"):
        drawn("Text.", FRONT.replace("2027-03-01", when))


@pytest.mark.parametrize("name", ["docs/faq.md", "README.md", "docs/announcements/no-such.md", "mkdocs.yml"])
def test_only_a_page_of_the_announcements_is_one(name, folder):
    with pytest.raises(Refused, match="is not an announcement: give a file such as"):
        announcement_page.read(folder.parents[1] / name, SITE)
