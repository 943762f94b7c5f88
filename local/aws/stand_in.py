"""A stand-in for AWS in this process: moto, with what template.yaml declares.

Other processes ask it through a socket on 127.0.0.1; clients of this process ask it directly.
"""

import io
import json
import os
import secrets
import string
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from botocore.model import OperationModel
from botocore.regions import EndpointRulesetResolver
from moto.core.botocore_stubber import MockRawResponse
from moto.core.request import Request
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.ses.models import ses_backends
from moto.sesv2.responses import SESV2Response
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from local.aws import model_limits  # noqa: F401  # checks every call from here on
from local.aws.quick_moto import QuickDynamo
from local.aws.write_meter import WriteLimits, WriteListener, WriteMeter
from local.journal import SEND_EMAIL, Journal
from local.template import ACCOUNT, REGION, Template

ALWAYS_LOCAL = ("SESV2", "SECRETS_MANAGER", "SQS")
"""Services that stay here when AWS_ENDPOINT_URL names another engine for DynamoDB."""
TABLE_SETTINGS = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
PERSONAL = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""Environment variables of the user that would direct clients elsewhere."""

ACCESS_KEY = secrets.token_hex(10).upper()
"""Every request must be signed with it. Web pages can reach any port of this machine, but cannot know the key."""

_endpoints: set[str] = set()
"""Endpoints that this process set itself; any other AWS_ENDPOINT_URL was set by the user."""

_running: dict[str, "OneAtATime"] = {}
"""The stand-ins of this process by their endpoints."""

Environ = dict[str, Any]
MailListener = Callable[[dict[str, Any], str], None]
"""Is told of an e-mail: the JSON of the SendEmail request, and the id that the message got."""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the name is werkzeug's
        """Log nothing: requests to the stand-in are too many."""


class OneAtATime:
    """moto, one request after the other, each kept in the journal once it has succeeded.

    moto looks at a condition and writes in two steps, and the journal needs the changes in the order they happened.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self.journal: Journal | None = None
        self.on_mail: MailListener | None = None
        self.meter: WriteMeter | None = None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        return self.answer(environ, body)(environ, start_response)

    def answer(self, environ: Environ, body: bytes) -> Response:
        """Answer a request, and keep it."""
        with self._lock:
            go = partial(self.carry_out, {**environ, "wsgi.input": io.BytesIO(body)})
            response = self.meter.carry_out(environ, body, go) if self.meter else go()
            if self.journal and response.status_code == 200:
                self.journal.keep(environ, body)
            if self.on_mail and environ["PATH_INFO"] == SEND_EMAIL and response.status_code == 200:
                self.on_mail(json.loads(body), json.loads(response.get_data())["MessageId"])
        return response

    def carry_out(self, environ: Environ) -> Response:
        """Return the answer to a request, without keeping it.

        DynamoDB and SES, which most requests are for, are asked past moto's web server: that is a third of the time.
        """
        environ = {**environ, "HTTP_X_MOTO_ACCOUNT_ID": self._account}
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if target.startswith("DynamoDB_20120810."):
            region = environ["HTTP_AUTHORIZATION"].split(",")[0].split("/")[2]
            answer = QuickDynamo.carry_out(target, environ["wsgi.input"].read(), self._account, region)
        elif environ["PATH_INFO"] == SEND_EMAIL:
            answer = SESV2Response.dispatch(Request(environ))
        else:
            return Response.from_app(self._moto, environ, buffered=True)
        status, headers, body = answer
        return Response(body, status, headers)


def _for_clients_only(application: OneAtATime) -> Callable[..., Iterable[bytes]]:
    """Close the application to web pages: any page in a browser of this machine can send requests to its ports."""

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _comes_from_a_client(environ):
            return application(environ, start_response)
        return Response("Only clients of this local run may ask.\n", status=403)(environ, start_response)

    return answer


def _comes_from_a_client(environ: Environ) -> bool:
    """Tell an AWS client of this run from a web page, which sends Origin, or reaches this port by another name."""
    key = os.environ.get("AWS_ACCESS_KEY_ID", ACCESS_KEY)  # another one where an engine of its own plays DynamoDB
    signed = f"Credential={key}/" in environ.get("HTTP_AUTHORIZATION", "")
    by_address = environ.get("HTTP_HOST", "").partition(":")[0] == "127.0.0.1"
    return signed and by_address and not environ.keys() & {"HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE"}


def _send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
    """Send a request as botocore does, but without a socket, in a third of the time, to a stand-in of this process."""
    address, endpoint = urlsplit(request.url), _endpoint(request.url)
    application = _running.get(endpoint)
    if application is None:
        return _send_over_the_network(session, request)
    given: Any = request.body or b""
    body = given.encode() if isinstance(given, str) else given.read() if hasattr(given, "read") else bytes(given)
    environ = _environ(request, address, body)
    response, answered = application.answer(environ, body), HTTPHeaders()
    for name, value in response.headers:
        answered[name] = value
    return AWSResponse(request.url, response.status_code, answered, MockRawResponse(response.get_data()))


def _environ(request: AWSPreparedRequest, address: SplitResult, body: bytes) -> Environ:
    """Return a request as a web server hands it on."""
    given = {f"HTTP_{name.upper().replace('-', '_')}": _text(value) for name, value in request.headers.items()}
    return {
        **given,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(address.path, "latin-1"),
        "QUERY_STRING": address.query,
        "CONTENT_TYPE": given.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": address.netloc,
        "SERVER_NAME": address.hostname,
        "SERVER_PORT": str(address.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SCRIPT_NAME": "",
        "wsgi.url_scheme": address.scheme,
        "wsgi.input": io.BytesIO(body),
    }


def _endpoint(url: Any) -> str:
    """Return the address of a request without its path."""
    return "/".join(url.split("/", 3)[:3])


def client(service: str) -> Any:
    """Return a client of what the environment names, made once: making one takes longer than several calls."""
    return _client(service, os.environ.get("AWS_ENDPOINT_URL"), os.environ.get("AWS_ACCESS_KEY_ID"))


@cache
def _client(service: str, endpoint: str | None, key: str | None) -> Any:  # noqa: ARG001  # they tell clients apart
    return boto3.client(service)  # type: ignore[call-overload]


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _sign(signer: SigV4Auth, request: AWSRequest) -> None:
    """Sign a request. A stand-in of this process reads who asks which service, and no signature: it needs none."""
    if _endpoint(request.url) not in _running:
        _sign_as_aws_asks(signer, request)
        return
    day = request.context["timestamp"] = "20260101"
    place: Any = signer  # whose private members hold it
    scope = f"{signer.credentials.access_key}/{day}/{place._region_name}/{place._service_name}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, x"


def _lead(resolver: EndpointRulesetResolver, operation_model: OperationModel, **call: Any) -> Any:
    """Return where a call goes. To a stand-in, each call of an operation goes to the same place."""
    inner: Any = resolver  # whose private members hold it
    if inner._builtins["SDK::Endpoint"] not in _running:
        return _lead_as_aws_asks(resolver, operation_model, **call)
    known = vars(resolver).setdefault("known", {})
    if operation_model.name not in known:
        known[operation_model.name] = _lead_as_aws_asks(resolver, operation_model, **call)
    return known[operation_model.name]


# What the SDK does to lead, send and sign is ours from here on. mypy takes no method that is another one.
_lead_as_aws_asks = EndpointRulesetResolver.construct_endpoint
EndpointRulesetResolver.construct_endpoint = _lead  # type: ignore[method-assign,assignment]
_send_over_the_network = URLLib3Session.send
URLLib3Session.send = _send  # type: ignore[method-assign,assignment]
_sign_as_aws_asks = SigV4Auth.add_auth
SigV4Auth.add_auth = _sign  # type: ignore[method-assign,assignment]


class StandIn:
    """moto, running at `endpoint`, until `close()`. `data` is the folder its contents are kept in, None for nowhere.

    Points every AWS client of this process here and sets the functions' environment. moto holds its contents per
    account as long as the process runs, so another stand-in in the same process needs another account.
    Raises local.journal.InUse where the folder belongs to another run.
    """

    def __init__(self, template: Template, data: Path | None = None, account: str = ACCOUNT) -> None:
        self.account = account
        tables = template.resources("AWS::DynamoDB::Table").items()
        self._tables = {template.resolve.name(logical_id): table for logical_id, table in tables}
        self._application = application = OneAtATime(account)
        with ExitStack() as stack:
            journal = stack.enter_context(closing(Journal(data / "aws.jsonl"))) if data else None
            stack.callback(_restore, dict(os.environ))
            server = make_server("127.0.0.1", 0, _for_clients_only(application), threaded=True, request_handler=_Quiet)
            stack.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="aws", daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            self.endpoint = f"http://127.0.0.1:{server.server_port}"
            os.environ.update(template.environment())
            self._lead_clients_here()
            _running[self.endpoint] = application
            stack.callback(_running.pop, self.endpoint)
            _create_declared(template, data)
            if journal:
                self._carry_out_again(journal, application)
                application.journal = journal
            self._closing = stack.pop_all()

    def on_mail(self, listener: MailListener) -> None:
        """Tell of each e-mail that SES accepts from now on, in the order of sending."""
        self._application.on_mail = listener

    @contextmanager
    def metered(self, listener: WriteListener, limits: WriteLimits | None = None) -> Iterator[None]:
        """Tell of the write units of each write meanwhile, and refuse what is above the limits."""
        self._application.meter = WriteMeter(self.account, self._tables, listener, limits)
        try:
            yield
        finally:
            self._application.meter = None

    def close(self) -> None:
        """Stop answering, and leave the process's environment as it was."""
        self._closing.close()

    def sent_mail(self) -> list[str]:
        """Return every message that SES accepted, as sent, oldest first."""
        return [message.raw_data for message in ses_backends[self.account][REGION].sent_messages]

    def _lead_clients_here(self) -> None:
        """Set the endpoint of AWS. One that is set already keeps DynamoDB and its streams, with its credentials."""
        _endpoints.add(self.endpoint)
        os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
        os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"]))
        if os.environ.get("AWS_ENDPOINT_URL", self.endpoint) not in _endpoints:
            os.environ.update({f"AWS_ENDPOINT_URL_{service}": self.endpoint for service in ALWAYS_LOCAL})
            os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
            return
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_") or name in PERSONAL]:
            del os.environ[name]
        os.environ |= {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def _carry_out_again(self, journal: Journal, application: OneAtATime) -> None:
        """Replay the journal. Raises ValueError if the template no longer fits it, as when a table is gone."""
        elsewhere = os.environ["AWS_ENDPOINT_URL"] != self.endpoint  # then DynamoDB keeps its contents itself
        for request in journal.requests():
            if elsewhere and request.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
                continue
            response = application.carry_out(request)
            if response.status_code != 200:
                reason = response.get_data(as_text=True)
                raise ValueError(f"{journal.path} does not fit the template; delete the file to begin anew. {reason}")


def _restore(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _create_declared(template: Template, data: Path | None) -> None:
    """Create the template's tables, queues, secrets and configuration sets, and its sender as a verified identity."""
    for logical_id, table in template.resources("AWS::DynamoDB::Table").items():
        create_table(template.resolve.name(logical_id), template.resolve(_needed(table)))
    for logical_id in template.resources("AWS::SQS::Queue"):
        boto3.client("sqs").create_queue(QueueName=template.resolve.name(logical_id))
    for logical_id, secret in template.resources("AWS::SecretsManager::Secret").items():
        name = template.resolve.name(logical_id)
        text = _secret(secret["GenerateSecretString"], data and data / f"{name}.secret")
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=text)
    for logical_id in template.resources("AWS::SES::ConfigurationSet"):
        boto3.client("sesv2").create_configuration_set(ConfigurationSetName=template.resolve.name(logical_id))
    if sender := template.parameters.get("SenderAddress"):
        boto3.client("sesv2").create_email_identity(EmailIdentity=sender)


def _needed(table: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a table that matter here: not billing, backup and encryption."""
    needed = (*TABLE_SETTINGS, "StreamSpecification", "TimeToLiveSpecification")
    return {key: table[key] for key in needed if key in table}


def create_table(name: str, declared: dict[str, Any]) -> None:
    """Create a table as declared. One that exists, on an engine of its own, is kept."""
    client = boto3.client("dynamodb")
    settings = {key: declared[key] for key in TABLE_SETTINGS if key in declared}
    if "StreamSpecification" in declared:
        settings["StreamSpecification"] = {"StreamEnabled": True, **declared["StreamSpecification"]}
    try:
        client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **settings)
    except client.exceptions.ResourceInUseException:
        return
    if "TimeToLiveSpecification" in declared:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=declared["TimeToLiveSpecification"])


def _secret(wanted: dict[str, Any], file: Path | None) -> str:
    """Return a random secret, the same one at every start: it signs links that people keep."""
    if unknown := wanted.keys() - {"PasswordLength", "ExcludePunctuation"}:
        raise ValueError(f"the local run does not play GenerateSecretString with {', '.join(sorted(unknown))}")
    if file and file.exists():
        return file.read_text("utf-8")
    letters = string.ascii_letters + string.digits + ("" if wanted.get("ExcludePunctuation") else string.punctuation)
    text = "".join(secrets.choice(letters) for _ in range(wanted.get("PasswordLength", 32)))
    if file:
        file.touch(mode=0o600)
        file.write_text(text, "utf-8")
    return text
