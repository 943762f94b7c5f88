"""Brings to one form what people type in many: text, names, e-mail and postal addresses, dates.

Each module loads when it is first used: the site build draws forms, and reads no answer.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from normalize import addresses as addresses
    from normalize import cleaning as cleaning
    from normalize import dates as dates
    from normalize import folding as folding
    from normalize import mailing as mailing
    from normalize import states as states

MODULES = {"addresses", "cleaning", "dates", "folding", "mailing", "states"}


def __getattr__(name: str) -> ModuleType:
    if name not in MODULES:
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
