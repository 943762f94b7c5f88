"""`make deploy`: builds afresh, deploys the stack that samconfig.toml names, and copies the site to its bucket.

Files that pages name are there before the pages, and what is no longer needed goes last, so that nobody meets a page
without its stylesheet. `--dry` builds, prints what would be done, and asks nothing of AWS. `--guided` is for the first
time: it says what each parameter is, and lets SAM ask for it and write the answers into samconfig.toml.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.template import Template
from tools.bucket import FOR_GOOD, Bucket, Refused, uploads

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "samconfig.toml"
SITE = ROOT / "mkdocs.yml"
CANONICAL = re.compile(r'rel="canonical" href="([^"]*)"')
THIS_MACHINE = re.compile(r"//(?:localhost|127\.0\.0\.1)\b")
SAMPLE = re.compile(r"\bexample\.(?:org|gov)\b|\b555-01\d\d\b|\bExampletown\b")
# By its whole path: beside the template, in .build/, SAM would look for the file, and write it, where git ignores it.
SAM = ("sam", "deploy", "--config-file", str(CONFIG))
NO_SAM = "AWS SAM's command line is missing: install aws-sam-cli, as with pipx install aws-sam-cli"
UNRESERVED = 100
"""Runs at once that Lambda keeps for functions without a reserve; it refuses a reserve that leaves fewer."""


@dataclass(frozen=True)
class Settings:
    """The settings in samconfig.toml: the stack's name, its region, the parameters, with the template's defaults."""

    stack: str
    region: str
    parameters: Mapping[str, str]

    @classmethod
    def read(cls, file: Path, template: Template) -> "Settings":
        said = tomllib.loads(file.read_text("utf-8"))["default"]["deploy"]["parameters"]
        overrides = said.get("parameter_overrides", "")  # SAM writes text, and reads lists as well
        words = shlex.split(overrides) if isinstance(overrides, str) else overrides
        given = dict(word.partition("=")[::2] for word in words)
        return cls(said["stack_name"], said["region"], {**template.parameters, **given})

    @property
    def site_url(self) -> str:
        """Return the site's address, without a slash at its end."""
        return self.parameters["SiteUrl"]

    @property
    def samples(self) -> list[str]:
        """Return the parameters that still have a sample of the template as their value."""
        return [name for name, value in self.parameters.items() if SAMPLE.search(value)]


def check_pages(folders: list[Path], site_url: str) -> None:
    """Check the built pages. Raises Refused if one names this machine, or another site as its own."""
    for page in (page for folder in folders for page in sorted(folder.rglob("*.html"))):
        text = page.read_text("utf-8")
        elsewhere = [address for address in CANONICAL.findall(text) if not address.startswith(f"{site_url}/")]
        if found := [*THIS_MACHINE.findall(text), *elsewhere]:
            raise Refused(f"{page} names {found[0]} instead of {site_url}")


def deploy(settings: Settings, site: Path, *, dry: bool) -> None:
    """Deploy what is built. Raises Refused, CalledProcessError, ClientError, BotoCoreError."""
    files = uploads(site)
    assets = [file for file in files if file.cache_control == FOR_GOOD]
    pages = [file for file in files if file not in assets]
    present = (
        Bucket("<SiteBucketName>", "<DistributionId>", settings.region, dry)
        if dry
        else Bucket.of(settings.stack, settings.region)
    )
    if present:
        present.put(site, assets)  # before the stack: the new functions answer with pages that name them
    _run(*SAM, dry=dry)
    bucket = present or Bucket.of(settings.stack, settings.region)
    if bucket is None:
        raise Refused(f"The stack {settings.stack} has no output SiteBucketName")
    if not present:
        bucket.put(site, assets)
    bucket.put(site, pages)
    bucket.remove_all_but(files, datetime.now(UTC))
    bucket.invalidate()


def guide(template: Template) -> None:
    """Let SAM ask for the parameters, keep the answers, and deploy the stack. Raises CalledProcessError."""
    for name, declared in template.declared_parameters.items():
        print(f"{name}: {declared['Description']}")
    print(about_concurrency(template))
    _run(*SAM, "--guided", dry=False)


def about_concurrency(template: Template) -> str:
    """Say which ReservedConcurrency the account allows. Raises ClientError, BotoCoreError."""
    each = sum("ReservedConcurrentExecutions" in function for function in template.functions.values())
    region = tomllib.loads(CONFIG.read_text("utf-8"))["default"]["deploy"]["parameters"]["region"]
    limits = boto3.client("lambda", region).get_account_settings()["AccountLimit"]
    left = max(limits["UnreservedConcurrentExecutions"] - UNRESERVED, 0)
    most = min(left // each, template.declared_parameters["ReservedConcurrency"]["MaxValue"])
    advice = f"from 0 to {most}." if most else "0 until AWS raises the account's limit."
    return f"Lambda lets this account reserve {left}, and {each} functions reserve ReservedConcurrency: it is {advice}"


def check(settings: Settings) -> None:
    """Check what would be deployed. Raises Refused with everything that `wanting` found."""
    if found := wanting(settings):
        raise Refused("\n".join(found))


def wanting(settings: Settings) -> list[str]:
    """Return what a deployment has to wait for: a change not committed, settings that are wrong, SAM's command line."""
    found = []
    git = ("git", "status", "--porcelain")
    if subprocess.run(git, cwd=ROOT, check=True, capture_output=True).stdout:  # our own words
        found.append("There are changes that are not committed: commit them, so that what runs can be found again")
    if settings.samples:
        names = ", ".join(settings.samples)
        found.append(
            f"samconfig.toml leaves {names} at the sample of template.yaml: handbook/runbook.md has the first steps"
        )
    if (domain := settings.parameters["DomainName"]) and settings.site_url != f"https://{domain}":
        found.append(f"DomainName is {domain}, so SiteUrl has to be https://{domain}, and is {settings.site_url}")
    if samples := sample_settings(SITE.read_text("utf-8")):
        found.append(f"mkdocs.yml still has sample values: {', '.join(samples)}")
    if not shutil.which("sam"):
        found.append(NO_SAM)
    return found


def sample_settings(text: str) -> list[str]:
    """Return the names of the site's settings that still have a sample as their value, in the text of mkdocs.yml."""
    _, _, extra = text.partition("\nextra:\n")  # the site's own address, before that, is given to the build
    lines = [line.strip(" -{") for line in extra.partition("\nnav:")[0].splitlines() if SAMPLE.search(line)]
    return [", ".join(re.findall(r"name: (\w+)", line)) or line.partition(":")[0] for line in lines]


def require_sam() -> None:
    """Look for SAM's command line. Raises Refused if it is missing."""
    if not shutil.which("sam"):
        raise Refused(NO_SAM)


def _run(*command: str, dry: bool, **variables: str) -> None:
    print(" ".join([*(f"{name}={value}" for name, value in variables.items()), *command]), flush=True)
    if not dry:
        subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True)  # our own words


def main() -> int:
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="build, and print what would be done")
    parser.add_argument("--guided", action="store_true", help="ask for each parameter, and deploy the stack only")
    parser.add_argument(
        "--built", action="store_true", help="take what is in site/ and .build/, as another job made it"
    )
    wanted = parser.parse_args()
    dry = wanted.dry
    try:
        template = Template(ROOT / "template.yaml")
        if wanted.guided:
            require_sam()
            _run("make", "build", dry=False)
            guide(template)
            print("Now go on in handbook/runbook.md: without a domain, set SiteUrl; then commit, and make deploy")
            return 0
        settings = Settings.read(CONFIG, template)
        if not dry:
            check(settings)
        if not wanted.built:
            _run("make", "build", SITE_URL=f"{settings.site_url}/", dry=False)
        check_pages([ROOT / "site", ROOT / ".build" / "functions" / "pages"], settings.site_url)
        deploy(settings, ROOT / "site", dry=dry)
        for each in wanting(settings) if dry else ():
            print(f"make deploy would refuse: {each}")
    except (Refused, subprocess.CalledProcessError, FileNotFoundError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'After make deploy' if dry else 'Now'}: make smoke URL={settings.site_url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
