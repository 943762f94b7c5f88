"""`make smoke`: it finds the local run in order, leaves one marked submission, and sees what is wrong elsewhere."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tools.smoke import FormReader

ROOT = Path(__file__).parents[2]


def smoke(*arguments: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "tools.smoke", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    return run.returncode, run.stdout.splitlines()


@contextmanager
def answering(status: int) -> Iterator[str]:
    """The address of a site that answers everything with this status and a bare page."""

    class BarePage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "15")
            self.end_headers()
            self.wfile.write(b"<h1>Parked</h1>")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), BarePage) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_working_site_passes_every_check_and_staff_can_tell_the_submission(local_run):
    code, lines = smoke(local_run.url)
    assert (code, {line.split()[0] for line in lines[:-1]}) == (0, {"ok"}), lines
    reference = lines[-1].split()[-2]
    sent = local_run.mail_about(reference)
    assert sorted(message["to"][0] for message in sent) == [
        "office@certification.example.org",
        "success@simulator.amazonses.com",
    ]
    [to_staff] = [message for message in sent if message["to"] == ["office@certification.example.org"]]
    assert "Smoke test" in to_staff["subject"]
    assert "Please mark it as answered." in to_staff["text"]


def test_a_site_that_only_answers_fails_every_check():
    with answering(200) as elsewhere:
        code, lines = smoke(elsewhere, "--api", elsewhere)
    assert (code, {line.split()[0] for line in lines}) == (1, {"FAILED"}), lines
    assert any("the api refuses" in line and "it answers 200" in line for line in lines)


def test_where_nothing_answers_each_check_says_so_in_one_line():
    code, lines = smoke("http://127.0.0.1:9")
    assert code == 1
    assert all("refused" in line for line in lines), lines


def test_an_api_that_answers_nobody_but_cloudfront_passes():
    with answering(401) as api:
        _, lines = smoke("http://127.0.0.1:9", "--api", api)
    [line] = [line for line in lines if "the api refuses" in line]
    assert line.startswith("ok")


def test_what_a_form_holds_already_is_sent_along():
    form = FormReader(
        '<form method="post" action="/x"><input name="a" value="1"><input type="checkbox" name="b" value="yes">'
        '<textarea name="c"></textarea></form><form><input name="d"></form>'
    )
    assert (form.action, form.fields) == ("/x", {"a": "1", "c": ""})
