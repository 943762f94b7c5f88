"""`make rehearse`: SAM's own command line deploys the template to a stand-in for AWS, as far as that understands it.

`make deploy GUIDED=1` asks its questions; the answers are given here. It goes up to the change set, which the stand-in
refuses for want of most of the resource types. What is checked is what SAM sent, and what it wrote into samconfig.toml.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from local.template import Template
from tools.scan.isolated_env import programs

ROOT = Path(__file__).parents[1]
ANSWERS = {
    "SiteUrl": "https://www.example.gov",
    "SenderAddress": "forms@example.gov",
    "StaffAddresses": "office@example.gov",
    "EscalationAddresses": "director@example.gov",
    "AlarmAddress": "alarms@example.gov",
}
ASKED_FOR = "when calling the CreateChangeSet operation"
"""Said by SAM where the stand-in refuses it."""
MANAGED = "aws-sam-cli-managed-default"
"""The stack of SAM's own bucket; it makes it at the first deployment, which the stand-in does not carry out."""


def rehearse(folder: Path) -> list[str]:
    """Deploy from a copy in `folder`; return what was wrong, in words."""
    # What the package holds does not matter to SAM: the sources stand for it.
    shutil.copytree(ROOT / "functions", folder / ".build/functions", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "template.yaml", folder / ".build/template.yaml")
    shutil.copy(ROOT / "samconfig.toml", folder / "samconfig.toml")
    before = (folder / "samconfig.toml").read_text("utf-8")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = _environment(f"http://{host}:{port}")
        session = boto3.session.Session("stand", "in", region_name="us-east-1")
        cloud = session.client("cloudformation", endpoint_url=environment["AWS_ENDPOINT_URL"])
        _make_managed_stack(cloud)
        said = _guided(folder, environment)
        print(said)
        return ([] if ASKED_FOR in said else ["SAM did not ask for the change set."]) + _wrong(folder, before)
    finally:
        server.stop()


def _guided(folder: Path, environment: Mapping[str, str]) -> str:
    """Run what `make deploy GUIDED=1` runs, with an answer to each question."""
    asked = Template(ROOT / "template.yaml").declared_parameters
    answers = [
        "",
        "",
        *(ANSWERS.get(name, "") for name in asked),
        "n",
        "y",
        "n",
    ]  # stack, region; changes, roles, rollback
    sam = [programs("sam") / "sam", "deploy", "--config-file", str(folder / "samconfig.toml"), "--guided"]
    run = subprocess.run(
        sam, cwd=folder, env=environment, input="\n".join(answers) + "\n" * 40, text=True, capture_output=True
    )
    return run.stdout + run.stderr


def _make_managed_stack(cloud: Any) -> None:
    body = """{"Resources": {"SamCliSourceBucket": {"Type": "AWS::S3::Bucket"}},
        "Outputs": {"SourceBucket": {"Value": {"Ref": "SamCliSourceBucket"}}}}"""
    cloud.create_stack(StackName=MANAGED, TemplateBody=body, Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}])


def _environment(endpoint: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "stand",
        "AWS_SECRET_ACCESS_KEY": "in",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SAM_CLI_TELEMETRY": "0",
    }


def _wrong(folder: Path, before: str) -> list[str]:
    text = (folder / "samconfig.toml").read_text("utf-8")
    kept = tomllib.loads(text)["default"]["deploy"]["parameters"]
    found = [name for name, answer in ANSWERS.items() if f'{name}="{answer}"' not in str(kept["parameter_overrides"])]
    wrong = [f"samconfig.toml has no answer for {', '.join(found)}: {kept}"] if found else []
    if text == before or (folder / ".build/samconfig.toml").exists():
        wrong.append("SAM wrote its answers elsewhere.")
    return wrong


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        wrong = rehearse(Path(folder))
    print(*(wrong or ["The answers are in samconfig.toml, and the change set was asked for."]), sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
