"""Fuzzes one target until the time is over or something is found: `one.py NAME`, then libFuzzer's own arguments."""

import sys

import atheris

OURS = [
    *("normalize", "forms", "storage.outbox", "links", "feedback", "promises"),
    *("staff.export", "local.aws.ses_simulator", "overrides.hooks.checklist_files"),
    *("wtforms", "itsdangerous", "email_validator", "jsonschema", "yaml", "email", "urllib.parse"),
]
"""Modules whose coverage guides the fuzzer."""

with atheris.instrument_imports(include=OURS, enable_loader_override=False):
    from tools.fuzz.targets import TARGETS

name, *arguments = sys.argv[1:]
atheris.Setup([name, *arguments], TARGETS[name])
atheris.Fuzz()
