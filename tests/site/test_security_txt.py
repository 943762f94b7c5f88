"""/.well-known/security.txt (RFC 9116): where to report a weakness, and until when that is true."""

from datetime import UTC, datetime, timedelta

import yaml

from tests.support.pages import ADDRESS, ROOT


def test_security_txt_names_the_office_and_ends_within_a_year(built_site):
    text = (built_site / ".well-known/security.txt").read_text("utf-8")
    assert text.endswith("\n")
    fields = [line.split(": ", 1) for line in text.splitlines()]
    said = dict(fields)
    office = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), yaml.BaseLoader)["extra"]["office"]
    assert [value for name, value in fields if name == "Contact"] == [
        f"mailto:{office['email']}",
        f"{ADDRESS}/contact/",
    ]
    assert said["Canonical"] == f"{ADDRESS}/.well-known/security.txt"
    ends = datetime.strptime(said["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=300) < ends - datetime.now(UTC) < timedelta(days=365)
    assert said.keys() == {"Contact", "Expires", "Preferred-Languages", "Canonical"}
