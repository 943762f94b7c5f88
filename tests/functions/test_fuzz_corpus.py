"""What fuzzing found once, and what it begins with: every kept file keeps its target's promise."""

import subprocess
import sys

from tests.support.pages import ROOT


def test_every_kept_file_keeps_the_promise_of_its_target():
    done = subprocess.run([sys.executable, "-m", "tools.fuzz.replay"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folders = [folder.name for folder in (ROOT / "tools/fuzz/corpus").iterdir()]
    assert sorted(done.stdout.split()) == sorted(folders)
