"""What fuzzing found once, and what it begins with: every kept file keeps its target's promise."""

import os
import subprocess
import sys

from tests.support.pages import ROOT


def test_every_kept_file_keeps_the_promise_of_its_target():
    # As `make fuzz` does: without the stand-in that other tests of this run may have started.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "tools.fuzz.replay"]
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folders = [folder.name for folder in (ROOT / "tools/fuzz/corpus").iterdir()]
    assert sorted(done.stdout.split()) == sorted(folders)
