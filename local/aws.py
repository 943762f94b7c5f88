"""A stand-in for AWS in this process: moto behind a socket on 127.0.0.1, with what template.yaml declares.

What changes something is kept in DATA/aws.jsonl and carried out again at the next start.
"""

import os
import secrets
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import boto3
import moto.moto_api
from moto.moto_api._internal.recorder.models import Recorder
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.ses.models import ses_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from local.template import ACCOUNT, REGION, Template

CHANGES = (
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactWriteItems",
    "BatchWriteItem",
    "SendMessage",
    "DeleteMessage",
)
"""Calls that are carried out again at the next start; everything is made anew from the template."""
SES_SEND = "/v2/email/outbound-emails"

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the name is werkzeug's
        """Requests to the stand-in are not worth a line each."""


class OneAtATime:
    """Carries out one request after the other: moto checks a condition and writes in two steps."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            return list(self._application(environ, start_response))


class ChangeRecorder(Recorder):
    """moto's recorder, for requests that change something; it would keep every poll of the stream as well."""

    def _record_request(self, request: Any, body: bytes | None = None) -> None:
        action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if action in CHANGES or (request.method == "POST" and request.raw_path == SES_SEND):
            super()._record_request(request, body)


class StandIn:
    """moto, running at `endpoint`. `data` is the folder that its contents are kept in, None for nowhere."""

    def __init__(self, template: Template, data: Path | None = None) -> None:
        application = OneAtATime(DomainDispatcherApplication(create_backend_app))
        self._server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Quiet)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="aws", daemon=True)
        self._thread.start()
        self._set_environment(template)
        self._create_declared(template, data)
        if data:
            self._recall_and_record(data / "aws.jsonl")

    def close(self) -> None:
        """Stop answering, and forget everything that is not in the data folder."""
        moto.moto_api.recorder.stop_recording()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sent_mail(self) -> list[str]:
        """Every message that SES accepted, as sent, oldest first."""
        return [message.raw_data for message in ses_backends[ACCOUNT][REGION].sent_messages]

    def _set_environment(self, template: Template) -> None:
        """Point every AWS client of this process here; an AWS_ENDPOINT_URL that is set already keeps DynamoDB."""
        if "AWS_ENDPOINT_URL" in os.environ:
            for service in ("SESV2", "SECRETS_MANAGER", "SQS"):
                os.environ[f"AWS_ENDPOINT_URL_{service}"] = self.endpoint
        else:
            os.environ["AWS_ENDPOINT_URL"] = self.endpoint
        os.environ.pop("AWS_PROFILE", None)
        os.environ |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}
        os.environ.update(template.environment())

    def _create_declared(self, template: Template, data: Path | None) -> None:
        for name, table in template.resources("AWS::DynamoDB::Table").items():
            create_table(name, table)
        for name in template.resources("AWS::SQS::Queue"):
            boto3.client("sqs").create_queue(QueueName=name)
        for name in template.resources("AWS::SecretsManager::Secret"):
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=_secret(name, data))
        boto3.client("sesv2").create_email_identity(EmailIdentity=template.parameters["SenderAddress"])

    def _recall_and_record(self, file: Path) -> None:
        """Carry out again what is on file, then write down what comes. A last line that was cut off is dropped."""
        file.touch()
        whole = [line for line in file.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
        file.write_text("".join(whole), "utf-8")
        recorder = ChangeRecorder()
        recorder._location = str(file)  # moto reads it from an environment variable, when it is imported
        recorder.replay_recording(self.endpoint)
        moto.moto_api.recorder = recorder
        recorder.start_recording()


def create_table(name: str, declared: dict[str, Any]) -> None:
    """As declared; one that is there already, on an engine of its own, stays as it is."""
    client = boto3.client("dynamodb")
    kept = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    settings = {key: declared[key] for key in kept if key in declared}
    if "StreamSpecification" in declared:
        settings["StreamSpecification"] = {"StreamEnabled": True, **declared["StreamSpecification"]}
    try:
        client.create_table(TableName=name, **settings)
    except client.exceptions.ResourceInUseException:
        return
    if "TimeToLiveSpecification" in declared:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=declared["TimeToLiveSpecification"])


def _secret(name: str, data: Path | None) -> str:
    """A random secret, the same one at every start: it signs links that people keep."""
    if data is None:
        return secrets.token_urlsafe(48)
    file = data / f"{name}.secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), "utf-8")
    return file.read_text("utf-8")
