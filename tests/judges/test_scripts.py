"""The scripts of the pages by TypeScript's checker: what they say of themselves in JSDoc, and what a browser has."""

import subprocess

from tests.support.programs import JUDGES, install_judges


def test_the_types_of_every_script_agree():
    install_judges()
    command = [f"{JUDGES}/node_modules/.bin/tsc", "-p", f"{JUDGES}/scripts.tsconfig.json", "--pretty", "false"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (checked.stdout, checked.returncode) == ("", 0)
