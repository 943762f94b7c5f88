"""`make deploy`: builds afresh, deploys the stack that samconfig.toml names, and copies the site to its bucket.

Files that pages name are there before the pages, and what is no longer needed goes last, so that nobody meets a page
without its stylesheet. `--dry` builds, prints what would be done, and asks nothing of AWS.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tools.bucket import FOR_GOOD, Bucket, Refused, uploads

ROOT = Path(__file__).parents[1]
CANONICAL = re.compile(r'rel="canonical" href="([^"]*)"')
THIS_MACHINE = re.compile(r"//(?:localhost|127\.0\.0\.1)\b")


@dataclass(frozen=True)
class Settings:
    """What samconfig.toml says: the stack's name, its region, the site's address without a slash at its end."""

    stack: str
    region: str
    site_url: str

    @classmethod
    def read(cls, file: Path) -> "Settings":
        """Raises Refused where the address is missing."""
        said = tomllib.loads(file.read_text("utf-8"))["default"]["deploy"]["parameters"]
        overrides = said.get("parameter_overrides", "")  # SAM writes text, and reads lists as well
        words = shlex.split(overrides if isinstance(overrides, str) else " ".join(overrides))
        site_url = dict(word.partition("=")[::2] for word in words).get("SiteUrl")
        if not site_url:
            raise Refused(f"{file.name} has no SiteUrl in parameter_overrides: see handbook/runbook.md")
        return cls(said["stack_name"], said["region"], site_url)


def check_pages(folders: list[Path], site_url: str) -> None:
    """Raises Refused for a page that names this machine, or another site as its own."""
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
    _run("sam", "deploy", dry=dry)
    bucket = present or Bucket.of(settings.stack, settings.region)
    if bucket is None:
        raise Refused(f"The stack {settings.stack} has no output SiteBucketName")
    if not present:
        bucket.put(site, assets)
    bucket.put(site, pages)
    bucket.remove_all_but(files, datetime.now(UTC))
    bucket.invalidate()


def check(settings: Settings) -> None:
    """Raises Refused where it would not be known what is deployed, or it would be a sample."""
    git = ("git", "status", "--porcelain")
    if subprocess.run(git, cwd=ROOT, check=True, capture_output=True).stdout:  # our own words
        raise Refused("There are changes that are not committed: commit them, so that what runs can be found again")
    if settings.site_url.endswith((".example.org", ".example.gov")):
        raise Refused("samconfig.toml has a sample for SiteUrl: handbook/runbook.md has the first steps")
    if not shutil.which("sam"):
        raise Refused("AWS SAM's command line is missing: install aws-sam-cli, as with pipx install aws-sam-cli")


def _run(*command: str, dry: bool, **variables: str) -> None:
    print(" ".join([*(f"{name}={value}" for name, value in variables.items()), *command]), flush=True)
    if not dry:
        subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=True)  # our own words


def main() -> int:
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--dry", action="store_true", help="build, and print what would be done")
    dry = parser.parse_args().dry
    try:
        settings = Settings.read(ROOT / "samconfig.toml")
        if not dry:
            check(settings)
        _run("make", "build", SITE_URL=f"{settings.site_url}/", dry=False)
        check_pages([ROOT / "site", ROOT / ".build" / "functions" / "pages"], settings.site_url)
        deploy(settings, ROOT / "site", dry=dry)
    except (Refused, subprocess.CalledProcessError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Now: make smoke URL={settings.site_url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
