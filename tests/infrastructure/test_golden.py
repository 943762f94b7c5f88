"""template.yaml as CloudFormation gets it: every change of what is deployed is seen, and meant."""

from tools.expanded_template import GOLDEN, as_text, expanded


def test_what_is_deployed_is_what_was_reviewed():
    """Where the change is meant: `make golden`, and read the difference before it is committed."""
    assert as_text(expanded()).splitlines() == GOLDEN.read_text("utf-8").splitlines()
