"""The runbook: it says what to do for each alarm, and names what there is."""

import json
import re
import subprocess
from collections.abc import Collection
from pathlib import Path

import boto3
import jmespath
import pytest
import yaml
from botocore import xform_name
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

import telemetry
from local.template import REGION, Loader
from tests.support.samples import CONTACT
from tools.expanded_template import expanded

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "handbook/runbook.md").read_text("utf-8")


def explained() -> set[str]:
    """The metrics in the table of alarms."""
    _, _, after = TEXT.partition("## What an alarm means\n")
    return set(re.findall(r"^\| `([^`]+)` \|", after.partition("\n## ")[0], re.MULTILINE))


def watched(template) -> set[str]:
    """The metrics that the template's alarms look at."""
    alarms = template.resources("AWS::CloudWatch::Alarm").values()
    metrics = [
        query["MetricStat"]["Metric"] for alarm in alarms for query in alarm.get("Metrics", []) if "MetricStat" in query
    ]
    return {metric["MetricName"] for metric in [*alarms, *metrics] if "MetricName" in metric}


def test_every_alarm_is_explained_and_every_explanation_has_its_alarm(template):
    assert watched(template) == explained() != set()


@pytest.mark.parametrize("metric", ["Reputation.BounceRate", "Reputation.ComplaintRate"])
def test_the_sender_s_name_is_saved_by_stopping_what_goes_to_senders_and_nothing_else(metric, template):
    [row] = re.findall(rf"^\| `{metric}` \|.*", TEXT, re.MULTILINE)
    assert "`SenderMailPerDay=0`" in row
    assert r"put `SenderMailPerDay=\"0\"` into `parameter_overrides`" in TEXT
    assert template.declared_parameters["SenderMailPerDay"]["MinValue"] == 0


def paragraph(begins: str) -> str:
    """What stands from these words to the next paragraph that begins in bold, on one line."""
    return " ".join(re.split(r"\n\n(?=\*\*)", TEXT.partition(begins)[2])[0].split())


def test_a_first_deployment_that_failed_leaves_its_protected_tables_and_says_how_to_be_rid_of_them(template):
    tables = template.resources("AWS::DynamoDB::Table").values()
    assert all(each["DeletionProtectionEnabled"] for each in tables)  # CloudFormation cannot remove them either
    left = paragraph("**If it failed**")
    assert "`ROLLBACK_FAILED`" in left
    named, _, forgotten = left.partition("sam delete")
    assert "list-stack-resources" in named  # afterward, nothing names them
    assert "--no-deletion-protection-enabled" in forgotten.partition("delete-table")[0]


def test_it_says_how_long_the_stack_s_name_may_be():
    room = []
    for resource in expanded()["Resources"].values():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, resource["Type"]).schema
        match resource.get("Properties", {}).get("Name"), schema["properties"].get("Name"):
            case {"Fn::Sub": str(name)}, {"maxLength": most}:
                room.append(most - len(name.replace("${AWS::StackName}", "")))
    assert re.findall(r"another name has at most (\d+) letters", TEXT) == [str(min(room))]


def test_who_takes_a_bare_domain_reads_what_browsers_then_ask_of_the_names_below_it(template):
    [policy] = template.resources("AWS::CloudFront::ResponseHeadersPolicy").values()
    strict = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["StrictTransportSecurity"]
    assert (strict["IncludeSubdomains"], strict["AccessControlMaxAgeSec"]) == (True, 2 * 365 * 24 * 3600)
    assert "every name that ends in it by https only, for two years (Strict-Transport-Security)" in " ".join(
        TEXT.split()
    )


def test_reports_to_another_domain_take_a_record_there(template):
    asked = template._template["Outputs"]["SenderPolicy"]["Value"]["Fn::Sub"][0]
    assert "rua=mailto:${AlarmAddress}" in asked
    said = paragraph("**E-mail.**")
    assert 'SENDER_DOMAIN._report._dmarc.ALARM_DOMAIN TXT "v=DMARC1"' in said
    assert "no report comes does not mean that all is well" in said


def test_forms_that_are_all_page_not_found_need_a_deployment_with_the_next_turn():
    said = paragraph("**No alarm tells that the API refuses CloudFront**")
    assert said.index("Page not found") < said.index("`OriginSecretTurn`") < said.index("`make deploy`")


def test_every_queue_says_whether_it_can_be_replayed(template):
    assert {f"**{name}**" for name in template.resources("AWS::SQS::Queue")} <= set(re.findall(r"\*\*\w+\*\*", TEXT))


def test_every_secret_says_whether_and_how_it_is_changed(template):
    _, _, after = TEXT.partition("## Secrets\n")
    said = set(re.findall(r"^- \*\*(\w+)\*\*", after, re.MULTILINE))
    assert said == template.resources("AWS::SecretsManager::Secret").keys()
    assert set(re.findall(r"(?:change|R) (\w+Secret)\b", after)) == said
    assert set(re.findall(r"`(\w+Turn)`", after)) <= template._template["Parameters"].keys()


def test_what_it_names_is_there(template):
    outputs = template._template["Outputs"]
    assert set(re.findall(r"(?:\$\(|`)O (\w+)[)`]", TEXT)) <= outputs.keys()
    assert set(re.findall(r"(?:\$\(|`)R (\w+)[)`]", TEXT)) <= template._template["Resources"].keys()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) <= targets


def test_a_parameter_is_one_of_a_template_and_has_a_value_that_it_takes(template):
    roles = yaml.load((ROOT / "deploy-role.yaml").read_text("utf-8"), Loader)
    declared = {**template.declared_parameters, **roles["Parameters"]}
    whole = template._template
    there = {*declared, *roles["Outputs"], *whole["Outputs"], *whole["Resources"], *explained()}
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][A-Za-z]+)+)`", TEXT))
    of_aws = {"ConditionalCheckFailedException", "NotFoundException", "PendingConfirmation"}
    assert named - there == of_aws | {"GenerateSecretString", "ThrottlingBurstLimit"}  # properties of resources
    for name, value in re.findall(r'`([A-Z][a-z]\w+)=(?:\\")?([^`"\\]+)(?:\\")?`', TEXT):
        assert re.fullmatch("|".join(map(re.escape, declared[name].get("AllowedValues", []))) or r"\S+", value)


def test_the_key_of_each_table_is_the_one_by_which_it_is_restored(template):
    said = dict(re.findall(r"`TABLE=\$\(R (\w+)\) KEY=(\w+)`", TEXT))
    tables = template.resources("AWS::DynamoDB::Table")
    assert said == {name: each["KeySchema"][0]["AttributeName"] for name, each in tables.items()}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`staff (?:--stack STACK )?(\w+)", TEXT))))
def test_every_command_of_the_staff_that_it_names_is_one(command, run_staff):
    assert run_staff(command, "--help")[0] == 0


def test_what_is_put_back_from_a_restored_table_is_not_mailed_again(post, inbox, table):
    post("contact", CONTACT)
    inbox.deliver()
    sent, client = len(inbox.messages()), boto3.client("dynamodb")
    [restored] = client.scan(TableName=table.name)["Items"]
    client.delete_item(TableName=table.name, Key={"reference": restored["reference"]})
    [(condition, names)] = re.findall(r'--condition-expression "(.+?)" --expression-attribute-names "(.+)"', TEXT)
    meant = json.loads(names.replace('\\"', '"').replace("$KEY", "reference"))
    put_back = {"ConditionExpression": condition, "ExpressionAttributeNames": meant}
    client.put_item(TableName=table.name, Item=restored, **put_back)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException):
        client.put_item(TableName=table.name, Item=restored, **put_back)
    assert inbox.deliver()
    assert (len(table.items()), len(inbox.messages())) == (1, sent)


def test_what_outlives_the_stack_is_listed_before_it_ends(template):
    """No name of it can be guessed, and some do not begin with the stack's."""
    declared = template._template["Resources"].values()
    kept = {each["Type"] for each in declared if "Retain" in each.get("DeletionPolicy", "")}
    [listed] = re.findall(r"contains\('([^']+)'", TEXT)
    assert set(listed.split()) == kept - {"AWS::SES::EmailIdentity"}  # it has the name of the domain


BLOCKS = re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
ADDED = {
    ("cloudfront", "create-invalidation"): {"distribution-id", "paths"},
    ("cloudformation", "deploy"): {"template-file", "stack-name", "capabilities", "parameter-overrides"},
    ("configure", "sso"): set(),
    ("sso", "login"): set(),
    ("logs", "tail"): {"follow", "since", "filter-pattern"},
}
"""What the AWS command line adds to the operations of a service, with the options used here."""
OF_EVERY_COMMAND = {"query", "output", "cli-binary-format"}
RENAMED = {("sns", "subscribe", "notification-endpoint"): "endpoint"}
"""What the AWS command line calls otherwise: --endpoint would be the beginning of --endpoint-url."""


def commands() -> list[list[str]]:
    """The words of each `aws` command, in blocks and in sentences; quoted text is one word."""
    lines = re.sub(r"\\\n\s*", "", "".join(BLOCKS)).splitlines()
    lines += [" ".join(each.split()) for each in re.findall(r"`(aws [^`]+)`", TEXT)]
    plain = [re.sub(r"\"[^\"]*\"|'[^']*'", "TEXT", line) for line in lines]
    return [each.split() for line in plain for each in re.findall(r"\baws [a-z].*?(?=\$\(aws|[;|]|$)", line)]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_of_aws_is_one_and_has_the_options_that_it_needs(words):
    _, service, operation, *rest = words
    options = {word.removeprefix("--").removeprefix("no-") for word in rest if word.startswith("--")}
    given = {RENAMED.get((service, operation, option), option) for option in options - OF_EVERY_COMMAND}
    if (service, operation) in ADDED:
        assert given <= ADDED[service, operation]
        return
    client = boto3.client(service, "us-east-1")
    if operation == "wait":
        assert rest[0].replace("-", "_") in client.waiter_names
        return
    operations = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    shape = client.meta.service_model.operation_model(operations[operation]).input_shape
    members = {xform_name(name, "-"): member for name, member in shape.members.items()}
    assert given <= members.keys()
    assert {xform_name(name, "-") for name in shape.required_members} <= given
    for option, value in re.findall(r"--([a-z-]+) ([A-Z][A-Z_]+)(?= |$)", " ".join(rest)):
        if option not in given:
            continue
        member = getattr(members[option], "member", members[option])
        assert not getattr(member, "enum", ()) or value in member.enum


def test_the_roles_are_deployed_with_what_they_ask_for():
    text = " ".join(TEXT.split())
    options = r"--template-file (\S+) .*?--capabilities (\S+) --parameter-overrides (\w+)="
    [(file, capability, parameter)] = re.findall(options, text)
    asked = yaml.load((ROOT / file).read_text("utf-8"), Loader)["Parameters"]
    assert parameter in asked
    assert not [name for name, each in asked.items() if "Default" not in each and name != parameter]
    model = boto3.client("cloudformation", "us-east-1").meta.service_model
    assert capability in getattr(model.shape_for("Capability"), "enum", ())


def test_the_states_of_a_stack_are_ones_that_aws_says():
    model = boto3.client("cloudformation", "us-east-1").meta.service_model
    said = set(re.findall(r"`([A-Z_]+_(?:COMPLETE|FAILED))`", TEXT))
    known = [getattr(model.shape_for(name), "enum", ()) for name in ("StackStatus", "ResourceStatus")]
    assert said <= set().union(*known)


def test_the_pattern_for_failures_finds_the_line_that_counts_them(log_output):
    [path] = re.findall(r"--filter-pattern '\{ \$\.([\w.]+) > 0 \}'", TEXT)
    telemetry.count("failed")
    telemetry.publish()
    assert jmespath.search(path, json.loads(log_output.getvalue())) == 1


def test_logs_are_followed_by_the_command_that_reads_their_group_once():
    """All functions share it: `sam logs` reads it anew for each resource."""
    assert "`aws logs tail $(O LogGroup) --follow`" in TEXT
    assert "sam logs -" not in TEXT


def test_the_role_of_github_is_named_in_both_of_its_forms():
    assert "Repository=OWNER@ID/NAME@ID" in TEXT
    assert "an older one is OWNER/NAME" in " ".join(TEXT.split())


def test_it_says_when_a_missing_digest_is_told(template):
    """CloudWatch looks at more periods than it counts: the last one with data holds an alarm back for some hours."""
    alarm = template.resources("AWS::CloudWatch::Alarm")["NoDigest"]
    hours = alarm["EvaluationPeriods"] * alarm["Period"] // 3600
    [(first, last)] = re.findall(r"no digest for (\d+) to (\d+) hours", TEXT)
    assert int(first) == hours < int(last)


def test_no_page_calls_the_limit_of_the_api_a_cap():
    """AWS throttles as well as it can, and says so."""
    cost = " ".join((ROOT / "handbook/cost.md").read_text("utf-8").split())
    [worst] = re.findall(r"\*\*The worst day\*\*.*?(?= - )", cost)
    assert "a target, which may be exceeded" in worst
    assert not re.search(r"\bcap(?:s|ped)?\b", cost)


@pytest.mark.parametrize("fails", ["second", "none"])
def test_only_reports_that_the_function_took_leave_the_queue(fails, tmp_path):
    """The shell's part: `aws` and `jq` are played here, since neither need be on this machine."""
    [block] = [each for each in BLOCKS if "receive-message" in each]
    play = f"""
    R() {{ echo "$1"; }}
    aws() {{
      first=$(ls queue | head -1)
      case "$1 $2" in
        "sqs receive-message") [ -z "$first" ] || echo "$first" ;;
        "lambda invoke") cp event.json "given-$first"; echo an answer > answer.json
          [ "$first" = {fails} ] && echo Unhandled || echo None ;;
        "sqs delete-message") rm "queue/${{!#}}" ;;
      esac
    }}
    jq() {{ cat "${{!#}}"; }}
    """
    (tmp_path / "queue").mkdir()
    for name in ("first", "second", "third"):
        (tmp_path / "queue" / name).touch()
    run = subprocess.run(["bash", "-c", play + block], cwd=tmp_path, capture_output=True, text=True, timeout=20)
    left, given = (sorted(each.name for each in tmp_path.glob(pattern)) for pattern in ("queue/*", "given-*"))
    assert (left, given, run.stdout, run.stderr) == (
        (["second", "third"], ["given-first", "given-second"], "an answer\n", "")
        if fails == "second"
        else ([], ["given-first", "given-second", "given-third"], "", "")
    )
    assert not [*tmp_path.glob("*.json")]


def test_a_queue_is_asked_for_long_enough_to_be_called_empty():
    """Without waiting, SQS asks some of its machines only, and a short queue may seem empty."""
    assert TEXT.count("receive-message") == len(re.findall(r"receive-message[^|;]*--wait-time-seconds \d", TEXT)) > 0


def test_the_stack_is_deleted_only_once_the_names_of_what_stays_are_kept(tmp_path):
    [block] = [each for each in BLOCKS if "delete-stack" in each]
    play = 'aws() { [ "$2" = list-stack-resources ] && return 1; echo "$2" >> done; }\n'
    subprocess.run(["bash", "-c", play + block], cwd=tmp_path, timeout=20)
    assert not (tmp_path / "done").exists()
    listed = play.replace("return 1", "echo AWS::SQS::Queue q && return")
    subprocess.run(["bash", "-c", listed + block], cwd=tmp_path, timeout=20)
    assert (tmp_path / "done").read_text("utf-8").split() == ["update-termination-protection", "delete-stack", "wait"]


class Fields(dict):
    """The fields of an answer. Asking for one that it does not have is a mistake, where JMESPath would say null."""

    def get(self, name, default=None):  # noqa: ARG002  # jmespath gives none
        return self[name]


class Text(str):
    """Text that equals whatever AWS may say in its place, so that every filter lets it through."""

    possible: Collection[str]

    def __new__(cls, possible=()):
        made = super().__new__(cls)
        made.possible = possible
        return made

    def __eq__(self, other):
        assert not self.possible or other in self.possible
        return True

    __hash__ = str.__hash__


def answer(shape):
    """An answer of that shape with every field, one of each list."""
    if shape.type_name == "structure":
        return Fields({name: answer(member) for name, member in shape.members.items()})
    return [answer(shape.member)] if shape.type_name == "list" else Text(getattr(shape, "enum", ()))


def queries() -> list[tuple[str, str, str]]:
    """The service, the operation and the query of each command that has one."""
    text = " ".join(re.sub(r"\\\n\s*", "", TEXT).split())
    parts = re.split(r"\baws (?=[a-z0-9]+ [a-z])", text)[1:]
    asked = [(part, re.search(r"^[^`|;]*? --query (?:\"(.*?)\"|(\S+?)(?=[\s)`]))", part)) for part in parts]
    return [(*part.split()[:2], found[1] or found[2]) for part, found in asked if found]


def test_each_query_is_found():
    assert len(queries()) == len(re.findall(r"--query\s", TEXT))


@pytest.mark.parametrize(("service", "operation", "query"), queries())
def test_what_a_query_asks_for_is_in_the_answer(service, operation, query):
    model = boto3.client(service, "us-east-1").meta.service_model
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    found = jmespath.search(query, answer(model.operation_model(operations[operation]).output_shape))
    assert found is not None
    assert found != []


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_every_block_is_a_script(block):
    run = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
