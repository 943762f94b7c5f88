"""The alarms, as CloudWatch evaluates them: which fault wakes somebody, how soon, and what wakes nobody."""

import json
import operator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

import promises
from tests.support.samples import SAMPLES
from tests.support.ses_errors import REFUSAL

HOUR = timedelta(hours=1)
COMPARE = {"GreaterThanOrEqualToThreshold": operator.ge, "LessThanThreshold": operator.lt}


@dataclass
class Alarm:
    """An alarm on one of our metrics, and what it saw and said. Evaluated once a minute or less often."""

    declared: dict
    points: list[tuple[datetime, float]] = field(default_factory=list)
    state: str = "INSUFFICIENT_DATA"
    told: list[datetime] = field(default_factory=list)

    def take(self, lines, now):
        """Metrics in embedded format, as they were logged by now; then the alarm is evaluated."""
        for line in lines:
            for directive in line["_aws"]["CloudWatchMetrics"]:
                names = {each["Name"] for each in directive["Metrics"]}
                [dimensions] = directive["Dimensions"]
                has = {"Namespace": directive["Namespace"], "Dimensions": {name: line[name] for name in dimensions}}
                if has == self._watches and self.declared["MetricName"] in names:
                    self.points += [(now, sum(line[self.declared["MetricName"]]))]
        before, self.state = self.state, self._evaluated(now)
        actions = {"ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}.get(self.state)
        if self.state != before and actions in self.declared:
            self.told.append(now)

    @property
    def _watches(self):
        dimensions = {each["Name"]: each["Value"] for each in self.declared.get("Dimensions", [])}
        return {"Namespace": self.declared["Namespace"], "Dimensions": dimensions}

    def _evaluated(self, now):
        period = timedelta(seconds=self.declared["Period"])
        breaching, missing = 0, 0
        for number in range(self.declared["EvaluationPeriods"]):
            end = now - number * period
            values = [value for at, value in self.points if end - period < at <= end]
            missing += not values
            compare = COMPARE[self.declared["ComparisonOperator"]]
            breaching += bool(values) and compare(sum(values), self.declared["Threshold"])
        match self.declared["TreatMissingData"]:
            case "breaching":
                breaching += missing
            case "missing" if missing == self.declared["EvaluationPeriods"]:
                return "INSUFFICIENT_DATA"
            case "ignore" if missing:
                return self.state
        needed = self.declared.get("DatapointsToAlarm", self.declared["EvaluationPeriods"])
        return "ALARM" if breaching >= needed else "OK"


@pytest.fixture
def submitted(clock, post, inbox):
    """Post a form, and let the stream carry what it owes."""

    def submitted(slug):
        post(slug, SAMPLES[slug])
        inbox.deliver()

    return submitted


@pytest.fixture
def watch(template, clock, capsys):
    """Let time go by in steps of the schedule, or of an hour, with an alarm evaluated after each; the alarm."""

    def watch(name, hours, step=timedelta(minutes=5), alarm=None):
        alarm = alarm or Alarm(template.resources("AWS::CloudWatch::Alarm")[name])
        for _ in range(round(hours * HOUR / step)):
            clock.forward(seconds=step.total_seconds())
            said = capsys.readouterr().out.splitlines()
            alarm.take([json.loads(line) for line in said if '"_aws"' in line], promises.now())
        return alarm

    return watch


def test_e_mail_that_does_not_go_out_is_told_within_the_hour(submitted, ses_error, watch):
    begun = promises.now()
    ses_error(REFUSAL)
    submitted("contact")
    [told] = watch("NoMail", hours=1).told
    assert told - begun <= HOUR


def test_e_mail_that_goes_out_at_the_second_try_wakes_nobody(submitted, ses_error, watch):
    ses_error(REFUSAL)
    submitted("contact")
    ses_error(None)
    alarm = watch("NoMail", hours=3)
    assert alarm.told == []
    assert alarm.points  # it saw the first try


def test_before_the_first_digest_nobody_is_woken_for_want_of_one(ses_error, watch):
    ses_error(REFUSAL)  # the account is in the sandbox, or the sender's domain is not verified yet
    assert watch("NoDigest", hours=48, step=HOUR).told == []


def test_digests_that_stop_coming_are_told_a_day_later(ses_error, watch):
    alarm = watch("NoDigest", hours=50, step=HOUR)
    assert alarm.told == []
    last = alarm.points[-1][0]
    ses_error(REFUSAL)
    [told] = watch("NoDigest", hours=50, step=HOUR, alarm=alarm).told
    assert timedelta(hours=25) < told - last < timedelta(hours=30)
