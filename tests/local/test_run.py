"""The one-command run: starts, answers, keeps what was sent, and ends."""

import json
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.client import ask
from tests.support.run import LocalRun
from tests.support.samples import CONTACT, PLAQUE, SAMPLES, new_address

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("slug", SAMPLES)
def test_a_form_is_sent_and_both_e_mails_arrive(slug, local_run):
    address = new_address()
    body = urlencode({**SAMPLES[slug], "email": address})
    status, headers, _ = ask(local_run.url, "POST", f"/forms/{slug}", body, FORM)
    assert status == 303
    assert ask(local_run.url, "GET", headers["location"])[0] == 200
    to = {each for message in local_run.mail_about(address) for each in message["to"]}
    assert to == {"office@certification.example.org", address}


def test_pages_and_forms_carry_the_headers_of_the_template(local_run, template):
    for method, path in [
        ("GET", "/"),
        ("GET", "/forms/contact/received"),
        ("GET", "/nowhere/"),
        ("POST", "/forms/contact"),
    ]:
        _, headers, _ = ask(local_run.url, method, path)
        for name, value in template.response_headers():
            assert headers[name] == value, (path, name)


def test_a_page_without_its_slash_is_sent_on_and_a_missing_one_is_the_404_page(local_run):
    status, headers, _ = ask(local_run.url, "GET", "/contact")
    assert (status, headers["Location"]) == (301, "/contact/")
    status, _, text = ask(local_run.url, "GET", "/nowhere/")
    assert status == 404
    assert "<h1" in text


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/forms/contact"), ("POST", "/forms/nothing"), ("POST", "/forms/contact/received")]
)
def test_what_the_template_does_not_route_is_not_found(method, path, local_run):
    status, _, text = ask(local_run.url, method, path)
    assert (status, "<h1" in text) == (404, True)


def test_nothing_outside_the_site_can_be_read(local_run):
    for path in ("/../README.md", "/%2e%2e/README.md", "/..%2fREADME.md", "//etc/resolv.conf"):
        assert ask(local_run.url, "GET", path)[0] == 404, path


def test_it_listens_on_this_machine_only(local_run):
    listening = Path("/proc/net/tcp").read_text("ascii") + Path("/proc/net/tcp6").read_text("ascii")
    addresses = re.findall(r"\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A", listening)
    inodes_bound = [address for address, port in addresses if int(port, 16) == local_run.port]
    assert inodes_bound == ["0100007F"]


def test_200_identical_posts_from_16_threads_are_one_submission_with_one_e_mail_each(local_run):
    address, other = new_address(), new_address()
    body = urlencode({**CONTACT, "email": address})
    own = "127.0.0.200"  # a network: what it sends counts toward its limit, and not toward that of other tests
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda _: ask(local_run.url, "POST", "/forms/contact", body, FORM, sender=own), range(200))
        )
    assert {(status, headers["location"]) for status, headers, _ in answers} == {(303, answers[0][1]["location"])}
    ask(local_run.url, "POST", "/forms/contact", urlencode({**CONTACT, "email": other}), FORM, sender=own)
    local_run.mail_about(other)  # whatever was posted before it has been sent by then
    assert len(local_run.mail_about(address)) == 2


def test_an_e_mail_can_be_read_as_a_page_as_html_and_raw(local_run):
    ask(local_run.url, "POST", "/forms/contact", urlencode({**CONTACT, "message": "<b>To be read</b>"}), FORM)
    local_run.wait_for_mail(2)
    assert "<a href=" in ask(local_run.url, "GET", "/_mail/")[2]
    assert ask(local_run.url, "GET", "/_mail/1/")[0] == 200
    status, headers, html = ask(local_run.url, "GET", "/_mail/1.html")
    assert status == 200
    assert "sandbox" in headers["content-security-policy"]
    assert "<!doctype html>" in html
    assert ask(local_run.url, "GET", "/_mail/1.eml")[2].startswith("From: ")
    assert ask(local_run.url, "GET", "/_mail/99999/")[0] == 404


def test_what_was_sent_is_still_there_after_a_restart(tmp_path):
    first = LocalRun(tmp_path)
    _, headers, _ = ask(first.url, "POST", "/forms/plaque", urlencode(PLAQUE), FORM)
    sent = first.wait_for_mail(2)
    assert first.stop() == 0
    with (tmp_path / "aws.jsonl").open("a") as file:
        file.write('{"a line": "cut o')
    second = LocalRun(tmp_path)
    assert second.messages() == sent
    assert ask(second.url, "GET", headers["location"])[2].count("Plaque mailed by") == 1
    assert ask(second.url, "POST", "/forms/plaque", urlencode(PLAQUE), FORM)[1]["location"] == headers["location"]
    assert second.messages() == sent
    assert second.stop(signal.SIGINT) == 0
    assert "Traceback" not in "".join(first.said + second.said)


def test_a_port_that_is_in_use_is_told_in_one_line(local_run, tmp_path):
    with pytest.raises(RuntimeError, match=r"^Port \d+ is in use; choose another: make serve PORT=\d+\n$"):
        LocalRun(tmp_path, local_run.port)


def test_make_help_names_every_target():
    listed = subprocess.run(["make", "help"], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    for target in ("serve", "test", "build", "help"):
        assert f"make {target} " in listed.stdout


def test_no_address_or_answer_reaches_the_functions_log(local_run, local_data):
    ask(local_run.url, "POST", "/forms/contact", urlencode({**CONTACT, "message": "Canary in the log"}), FORM)
    logged = (local_data / "functions.log").read_text("utf-8")
    assert [line for line in logged.splitlines() if json.loads(line).get("counts") == {"accepted": 1}]
    for private in (CONTACT["email"], CONTACT["name"], CONTACT["telephone"], "Canary"):
        assert private not in logged
