"""Emulates EventBridge's default bus for SES events: each goes to the functions whose rules match."""

import json
import logging
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.aws.event_patterns import compiled
from local.aws.lambda_runtime import invoke
from local.aws.ses_simulator import Event, events_of
from local.events import Rule, reported_by_ses, rules
from local.template import Template

log = logging.getLogger("local.aws.eventbridge")


class Reports:
    """`note()` each e-mail that SES accepts; then `drain()`, or `start()` for that to happen by itself."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._rules = [(rule, compiled(rule.pattern)) for rule in rules(template)]
        self._reported = reported_by_ses(template)
        self._accepted: deque[tuple[Mapping[str, Any], str, datetime]] = deque()
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Run in the background until `stop()`."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver what is there, then stop."""
        self._stopped.set()
        self._news.set()
        if self._thread.ident:
            self._thread.join()

    def note(self, request: Mapping[str, Any], message_id: str) -> None:
        """Note an e-mail that SES accepted: the JSON of the SendEmail request, and the id it got."""
        if request.get("ConfigurationSetName") in self._reported:
            self._accepted.append((request, message_id, datetime.now(UTC)))
            self._news.set()

    def drain(self) -> None:
        """Call the functions for everything that SES has to report, in the order of sending."""
        with self._lock:
            while self._accepted:
                request, message_id, accepted = self._accepted.popleft()
                wanted = self._reported[request["ConfigurationSetName"]]
                for event in events_of(request, message_id, accepted):
                    if event["detail"]["eventType"].upper() in wanted:
                        self._put(event)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._news.wait()
            self._news.clear()
            try:
                self.drain()
            except (BotoCoreError, ClientError) as error:
                log.error("a failure queue cannot be reached: %s", type(error).__name__)

    def _put(self, event: Event) -> None:
        for rule, matches in self._rules:
            if matches(event) and not any(self._call(rule, event) for _ in range(1 + rule.retries)):
                self._give_up(rule, event)

    def _call(self, rule: Rule, event: Event) -> bool:
        try:
            invoke(self._template, rule.function, event)
        except Exception:
            log.exception("%s failed", rule.function)
            return False
        return True

    def _give_up(self, rule: Rule, event: Event) -> None:
        log.error("%s given up, tried %d times: %s", event["detail-type"], 1 + rule.retries, rule.function)
        if rule.queue:
            queue = boto3.client("sqs")
            url = queue.get_queue_url(QueueName=rule.queue)["QueueUrl"]
            queue.send_message(QueueUrl=url, MessageBody=json.dumps(event))
