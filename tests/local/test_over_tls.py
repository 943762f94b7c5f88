"""The site over TLS and HTTP/2, as CloudFront serves it: what browsers do there only, and pages with answers."""

import asyncio
import gzip
import hashlib
import os
import re
import socket
import ssl
import threading
from base64 import b64encode

import pytest
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.sync_api import Error, expect

from local.run import running
from tests.support.office import OFFICE, newest_code
from tests.support.programs import launch_options
from tests.support.samples import CONTACT

NAME = "certification.example.org"
COMPRESSED = re.compile("text/|application/(json|xml)|image/svg")


class Front:
    """Stands before the local run as CloudFront does: it adds HSTS, and compresses what it keeps, and nothing else."""

    def __init__(self, server, template):
        self._server, self._template = server, template

    def __call__(self, environ, start_response):
        told = {}
        # CloudFront sends the origin's own name on, and one header for the cookies that HTTP/2 divides.
        asked = environ | {"HTTP_HOST": f"127.0.0.1:{self._server.server_port}", "REMOTE_PORT": 50_000}
        asked["HTTP_COOKIE"] = environ.get("HTTP_COOKIE", "").replace(",", "; ")
        content = self._server.answer(asked, lambda status, headers, *_: told.update(status=status, headers=headers))
        body, path = b"".join(content), environ["PATH_INFO"]
        if hasattr(content, "close"):
            content.close()
        headers = [(name, value) for name, value in told["headers"] if name.lower() != "content-length"]
        headers += [each for each in self._template.response_headers(over_tls=True) if each[0].startswith("Strict")]
        is_kept = self._template.forwarding(path) is None or self._template.cache_policy(path) is not None
        if is_kept and any(COMPRESSED.match(value) for name, value in headers if name.lower() == "content-type"):
            headers.append(("content-encoding", "gzip"))
            body = gzip.compress(body)
        start_response(told["status"], headers)
        return [body]


@pytest.fixture(autouse=True)
def _same_modules():
    """The local run of this file imports the functions anew, for its own AWS: they stay while it runs."""


@pytest.fixture(scope="module")
def certificate():
    return trustme.CA().issue_cert(NAME)


@pytest.fixture(scope="module")
def server(certificate, template):
    """The local run, behind the front."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"https://{NAME}:{listener.getsockname()[1]}"
    ended, loop = asyncio.Event(), asyncio.new_event_loop()
    with (
        running(listener, account="123456789077", address=address) as server,
        certificate.private_key_and_cert_chain_pem.tempfile() as pem,
    ):
        config = Config.from_mapping(
            bind=f"fd://{os.dup(listener.fileno())}", certfile=pem, keyfile=pem, loglevel="ERROR"
        )
        running_front = serve(Front(server, template), config, shutdown_trigger=ended.wait, mode="wsgi")
        thread = threading.Thread(target=loop.run_until_complete, args=[running_front])
        thread.start()
        yield server
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def chromium(browser, certificate):
    """A browser that knows this certificate, and finds the name on this machine."""
    der = ssl.PEM_cert_to_DER_cert(certificate.cert_chain_pems[0].bytes().decode())
    options = launch_options()
    options["args"] += [
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={spki(der)}",
    ]
    own = browser.browser_type.launch(**options)
    yield own
    own.close()


def spki(der):
    """The name by which Chromium knows a public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    key = load_der_x509_certificate(der).public_key()
    return b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


@pytest.fixture
def page(chromium, server):
    with chromium.new_context(base_url=f"https://{NAME}:{server.server_port}") as context:
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        assert said == []


def loaded(page):
    """How the page came: the protocol, and its bytes on the wire and as it is."""
    entry = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    return entry["nextHopProtocol"], entry["encodedBodySize"], entry["decodedBodySize"]


def test_pages_come_over_http_2_and_compressed_but_nothing_that_holds_answers_or_tokens(page):
    for path in ("/", "/faq/", "/certified/"):
        page.goto(path)
        protocol, encoded, decoded = loaded(page)
        assert protocol == "h2"
        assert encoded < decoded / 2, path
    page.goto("/contact/")
    for name in ("name", "email", "message"):
        page.locator(f"[name={name}]").fill(CONTACT[name])
    page.locator("[name=topic]").select_option(CONTACT["topic"])
    page.get_by_role("main").get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We have your message")
    for path in (page.url, "/desk/"):
        page.goto(path)
        protocol, encoded, decoded = loaded(page)
        assert protocol == "h2"
        assert encoded == decoded, path


def test_the_desks_cookies_are_taken_and_stay_on_this_name_and_in_tls(page, server):
    page.goto("/desk/")
    page.get_by_label("Your e-mail address").fill(OFFICE)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(newest_code(server.mailbox.messages()))
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["domain"], cookie["path"]) == ("__Host-desk", NAME, "/")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Send me a code")).to_be_visible()
    assert page.context.cookies() == []


def test_who_came_once_is_never_asked_in_the_clear_again(page, server):
    in_the_clear = f"http://{NAME}:{server.server_port}/faq/"
    with pytest.raises(Error):
        page.context.new_page().goto(in_the_clear)  # the front speaks TLS only
    page.goto("/")
    page.goto(in_the_clear)
    assert page.url == in_the_clear.replace("http:", "https:")
