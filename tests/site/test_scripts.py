"""Scripts of the site that know nothing of pages, in the Node.js that Playwright brings."""

import subprocess
from pathlib import Path

import playwright
import pytest

NODE = Path(playwright.__file__).with_name("driver") / "node"
SUITES = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_a_script_without_a_page_does_what_it_says(suite):
    done = subprocess.run([NODE, "--test", "--test-reporter=tap", suite], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "# fail 0" in done.stdout
