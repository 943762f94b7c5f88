"""Keeps the functions' modules the same ones for every test, though some let them be imported anew."""

import sys
from types import ModuleType

from local.aws import lambda_runtime
from local.template import Template
from tests.support.pages import ROOT

_held: dict[str, ModuleType] = {}


def hold() -> None:
    """Remember the modules that are imported, as the tests hold them."""
    _held.update(lambda_runtime.loaded(Template(ROOT / "template.yaml")))


def put_back() -> None:
    """Put the modules back that the tests hold, if something let the functions be imported anew."""
    if sys.modules.get("settings") is _held["settings"]:
        return
    lambda_runtime.forget(Template(ROOT / "template.yaml"))  # not of a project that a test file has of its own
    sys.modules.update(_held)
    # A package still has the late ones of its modules as attributes: `from web import agencies` would take the old one
    # where `import web.agencies` makes a new one, and a test would change the one that no function uses.
    for package in _held.values():
        for name, module in list(vars(package).items()):
            is_part = isinstance(module, ModuleType) and module.__name__ == f"{package.__name__}.{name}"
            if is_part and module.__name__ not in _held:
                delattr(package, name)
