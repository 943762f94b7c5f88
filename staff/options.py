"""Shared by the commands: options and output."""

import getpass
import json
import sys
from typing import Annotated

import typer
from rich.console import Console

import promises
from office.workflow import Step

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
told = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reference = Annotated[str, typer.Argument(help="As in the subject of the e-mail, with or without its brackets.")]
By = Annotated[str, typer.Option(help="Who did it.")]
Undo = Annotated[bool, typer.Option("--undo", help="Undo it.")]


def step(by: str) -> Step:
    """Return a step by the person who is logged in, or by the one who is named."""
    return Step(by or getpass.getuser(), promises.now())


def print_json(content: object) -> None:
    """Print JSON. In a terminal, control characters are escaped."""
    print(json.dumps(content, ensure_ascii=sys.stdout.isatty(), indent=1))
