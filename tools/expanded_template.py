"""template.yaml as CloudFormation gets it. `make golden` keeps a copy of that beside the tests."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from samtranslator.translator.transform import transform

from local.intrinsics import REGION
from local.template import Loader

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "infrastructure" / "golden" / "template.json"


class _NoManagedPolicies:
    """AWS's own policies by name, of which the template has none."""

    def load(self) -> dict[str, str]:
        return {}


@cache
def expanded(file: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """Return the template without its transform. Raises InvalidDocumentException."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    template = yaml.load(file.read_text("utf-8"), Loader)
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/functions.zip"  # as `sam deploy` puts it
    return transform(template, {}, _NoManagedPolicies())


def as_text(template: dict[str, Any]) -> str:
    return json.dumps(template, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(as_text(expanded()), "utf-8")
