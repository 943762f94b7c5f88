"""Tries the kept corpus once, every file with its target: what was found does not come back."""

from pathlib import Path

from tools.fuzz.targets import TARGETS

for name, target in TARGETS.items():
    for file in sorted(Path(__file__).with_name("corpus").joinpath(name).iterdir()):
        try:
            target(file.read_bytes())
        except Exception as error:
            raise SystemExit(f"{name}/{file.name}: {error!r}") from error
    print(name)
