"""`make fuzz`: hostile input, guided by coverage. Sets what the functions read from their environment at start."""

import os
from pathlib import Path

from local.template import Template

SETTINGS = Template(Path(__file__).parents[2] / "template.yaml").environment()
os.environ |= SETTINGS
