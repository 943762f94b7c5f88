"""`make first-hour`: its dry run shows every step, its commands are ones that a shell reads, and it cleans up."""

import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest
import yaml
from botocore.exceptions import WaiterError

from forms.form import REFERENCE_LENGTH
from local.template import REGION, Loader
from storage import outbox
from tests.support.office import DIRECTOR
from tools import first_hour
from tools.expanded_template import expanded
from tools.first_hour import ASK, KEPT, MAKE, NAMED, ROLES, STACK, Step, answered, made, remove

ROOT = Path(__file__).parents[2]
FORMS = [answers for step in ASK if (answers := dict(re.findall(r"-d (\w+)=(\S+)", step.command))).get("email")]
"""The answers that steps post to a form, as the shell has them."""

ROLE = """{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}}"""
"""What stands for deploy-role.yaml."""


def stacks() -> list[str]:
    """The names of the stacks that there are."""
    return [each["StackName"] for each in boto3.client("cloudformation", REGION).describe_stacks()["Stacks"]]


def body_of(answers: dict[str, str]) -> bytes:
    """What curl sends of the answers, with somebody's address in place of the shell's variable."""
    return "&".join(f"{name}={value.replace('$ADDRESS', DIRECTOR)}" for name, value in answers.items()).encode()


def step_with(word: str) -> Step:
    [found] = [step for step in ASK if word in step.command]
    return found


def test_the_dry_run_shows_every_step_and_asks_nothing_of_aws(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["first-hour", "--dry"])
    monkeypatch.setattr(boto3, "client", lambda *_: pytest.fail("the dry run asks nothing"))
    assert first_hour.main() == 0
    said = capsys.readouterr().out
    assert all(step.command in said and step.what in said for step in (*MAKE, *ASK))


@pytest.mark.parametrize("step", [*MAKE, *ASK], ids=lambda step: step.what)
def test_a_command_is_one_that_the_shell_reads_and_names_what_is_set(step):
    assert subprocess.run(["bash", "-n", "-c", step.command], check=False).returncode == 0
    given = {"STACK", "ROLES", "AWS_REGION", "ADDRESS", "SITE", "ALARMS", "SECONDS", *NAMED}
    own = set(re.findall(r"\b(\w+)=\$\(|\bfor (\w+) in", step.command))
    assert set(re.findall(r"\$\{?([A-Za-z]\w*)", step.command)) <= given | {name for pair in own for name in pair}


def test_an_answer_is_held_to_what_is_expected():
    assert "as expected" in answered(Step("It", "echo 303", "303"), {})
    assert "NOT AS EXPECTED" in answered(Step("It", "echo 404", "303"), {})


@pytest.mark.parametrize("answers", FORMS, ids=lambda answers: answers["message"])
def test_what_it_posts_is_taken_and_held_only_where_that_is_the_question(answers, post, table):
    assert post("contact", body_of(answers), {"accept": "application/json"}).status == 201
    [stored] = table.items()
    assert bool(stored.get("held")) is ("reply_code" in answers)


def test_it_asks_for_the_longest_tag_that_reminders_have():
    [ids] = re.findall(r"Name=id,Value=(\$\(.*?\))", step_with("--email-tags").command)
    asked = subprocess.run(["bash", "-c", f'echo -n "{ids}"'], check=True, capture_output=True, text=True).stdout
    from mail.reminders import BUNDLE

    bundle = outbox.tagged({"table": "SUBMISSIONS_TABLE", "slot": "late", "id": asked})
    assert len(bundle) == BUNDLE
    assert {len(owed.id) for owed in bundle} == {REFERENCE_LENGTH}


def test_it_sees_whether_a_release_is_mailed(post, table, inbox, run_staff):
    [answers] = [each for each in FORMS if "reply_code" in each]
    post("contact", body_of(answers))
    inbox.deliver()
    [stored] = table.items()

    def shown():
        return "\n".join(re.findall("(?i).*receipt.*", run_staff("show", stored["reference"])[1]))

    before = shown()
    run_staff("release", stored["reference"], "--by", "first-hour")
    not_yet = shown()
    inbox.deliver()
    expected = step_with(" release ").expected
    assert re.search(expected, f"before\n{before}\nafter\n{shown()}")
    assert not re.search(expected, f"before\n{before}\nafter\n{not_yet}")


@pytest.mark.parametrize(
    ("word", "good", "bad"),
    [
        ("Too Many", 'HTTP/2 429 \n\n{"message":"Too Many Requests"}', "HTTP/2 503 \n\nService Unavailable"),
        ("receipt=three", "HTTP/2 503 \n<h1>It is busy</h1>\nthen 404", "HTTP/2 503 \n<h1>It is busy</h1>\nthen 503"),
        ("receipt=three", "HTTP/2 503 \n<h1>It is busy</h1>\nthen 400", 'HTTP/2 503 \n{"message"}\nthen 400'),
        ("remove-permission", "NO_PERMISSIONS\tarn:aws:events", "None"),
        ("RetriesExhausted", "RetriesExhausted", ""),
        ("$API_LOGS", '{"route": "GET /desk/{proxy+}", "status": "200"}', ""),
        ("$ALARMS", "1 stack-GivenUp-1 to ALARM\n2 stack-FormsFail-2 to ALARM", "1 stack-FormsFail-2 to ALARM"),
        ("$ALARMS", "FormsFail GivenUp NoMail WorkFails", "StreamWaits FormsFail GivenUp"),
    ],
)
def test_an_answer_that_is_wrong_is_told_from_a_right_one(word, good, bad):
    [step] = [each for each in ASK if word in each.command + each.expected]
    assert re.search(step.expected, good)
    assert not re.search(step.expected, bad)


def test_what_a_step_names_is_in_the_stack():
    resources = expanded()["Resources"]
    assert set(NAMED.values()) <= resources.keys()
    for alarm in re.findall(r"(?:FormsFail|GivenUp|StreamWaits|NoDigest)", step_with("$ALARMS").expected):
        assert resources[alarm]["Type"] == "AWS::CloudWatch::Alarm"


def test_it_makes_changes_and_removes_the_stack_with_the_rights_of_the_workflow_alone():
    roles, *deployments = [step.command for step in MAKE if " deploy " in step.command]
    file = yaml.load((ROOT / "deploy-role.yaml").read_text("utf-8"), Loader)
    given = dict(re.findall(r"(\w+)=(\S+)", roles.partition("--parameter-overrides")[2]))
    assert given.keys() == file["Parameters"].keys()
    assert all(re.fullmatch(file["Parameters"][name].get("AllowedPattern", ".+"), each) for name, each in given.items())
    assert STACK.startswith(given["NamesBegin"])
    assert not given["Repository"][0].isalnum()  # GitHub's owners begin with a letter or a digit: it can be nobody's
    turns = [re.findall(r"RequestsPerSecond=(\d+)", command) for command in deployments]
    assert len(turns) == 2
    assert turns[0] != turns[1] != []  # so that the second one has a stage to change
    assert all('--role-arn "$role"' in command and "ServiceRoleArn" in command for command in deployments)
    assert "ServiceRoleArn" in file["Outputs"]


@pytest.mark.parametrize(
    ("has_stack", "has_account", "expected"),
    [(False, False, "make"), (False, True, "exists"), (True, True, "make")],
    ids=["nobody has one", "the account has one", "a run that broke off made one"],
)
def test_the_roles_make_the_provider_that_nobody_else_made(has_stack, has_account, expected, tmp_path):
    [command] = [step.command for step in MAKE if "--stack-name $ROLES" in step.command and "Provider=" in step.command]
    chosen, deploys, _ = command.partition("aws cloudformation deploy")
    assert deploys
    aws = tmp_path / "aws"
    aws.write_text(
        f"""#!/bin/sh
case "$*" in
  "iam list-open-id-connect-providers") {"echo oidc-provider/token.actions.githubusercontent.com" * has_account} ;;
  "cloudformation describe-stack-resource --stack-name {ROLES} --logical-resource-id GitHub") exit {1 - has_stack} ;;
  *) exit 99 ;;
esac
""",
        "utf-8",
    )
    aws.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ROLES": ROLES}
    script = f'{chosen}echo "Provider=$provider"'
    said = subprocess.run(["bash", "-c", script], env=environment, check=True, capture_output=True, text=True).stdout
    assert said == f"Provider={expected}\n"


def test_a_stack_that_cannot_be_removed_is_told_and_the_rest_is_removed(stand_in, monkeypatch):
    def refuse(*_, **__):
        raise WaiterError("StackDeleteComplete", "DELETE_FAILED", {})

    monkeypatch.setattr("botocore.waiter.Waiter.wait", refuse)
    queue = boto3.client("sqs", REGION).create_queue(QueueName="kept")["QueueUrl"]
    boto3.client("cloudformation", REGION).create_stack(StackName=ROLES, TemplateBody=ROLE)
    left, roles = remove({"Queue": ("AWS::SQS::Queue", queue)})
    assert left.startswith(f"the stack {STACK}: ")
    assert roles == f"the stack {ROLES}: it has the rights that remove {STACK}"
    assert ROLES in stacks()  # with its rights it can be tried again
    assert queue not in boto3.client("sqs", REGION).list_queues().get("QueueUrls", [])
    monkeypatch.undo()
    assert remove({}) == []
    assert stacks() == []


def test_everything_that_the_stack_keeps_can_be_removed():
    kept = {each["Type"] for each in expanded()["Resources"].values() if "Retain" in each.get("DeletionPolicy", "")}
    assert kept - {"AWS::SES::EmailIdentity"} == KEPT.keys()  # the identity is there already: SenderIdentity=exists


def test_nothing_is_left_when_it_ends(stand_in):
    body = """{"Resources": {
        "Table": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": {
            "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
        "Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {
            "VersioningConfiguration": {"Status": "Enabled"}}},
        "Queue": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}}}"""
    boto3.client("cloudformation", REGION).create_stack(StackName=STACK, TemplateBody=body)
    boto3.client("cloudformation", REGION).create_stack(StackName=ROLES, TemplateBody=ROLE)
    resources = made()
    bucket, table = resources["Bucket"][1], resources["Table"][1]
    s3 = boto3.client("s3", REGION)
    for content in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="index.html", Body=content)
    assert remove(resources) == []
    assert bucket not in [each["Name"] for each in s3.list_buckets()["Buckets"]]
    assert table not in boto3.client("dynamodb", REGION).list_tables()["TableNames"]
    assert made() == {}
    assert stacks() == []
