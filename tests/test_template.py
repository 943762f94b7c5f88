"""template.yaml: what it declares is what the functions need."""

import importlib
import re
from pathlib import Path

import pytest

from dynamodb import HURRIED
from local.events import stream_mappings

ROOT = Path(__file__).parents[1]


def test_every_function_has_a_handler(template, stand_in):
    assert len(template.functions) >= 3
    for properties in template.functions.values():
        module, _, name = properties["Handler"].partition(".")
        assert callable(getattr(importlib.import_module(module), name))


def test_every_variable_that_functions_read_is_set_and_every_one_set_is_read(template):
    source = "".join(file.read_text("utf-8") for file in (ROOT / "functions").glob("*.py"))
    read = set(re.findall(r'os\.environ\["([A-Z_]+)"\]', source))
    assert read == set(template.environment())


def test_every_form_has_its_page_its_post_and_its_receipt(template, stand_in):
    import catalog

    routes = {(route.method, route.path) for route in template.routes()}
    for slug in catalog.FORMS:
        assert {("GET", f"/forms/{slug}"), ("POST", f"/forms/{slug}"), ("GET", f"/forms/{slug}/received")} <= routes


def test_the_stream_calls_the_notifier_for_new_released_and_marked_submissions(template):
    [mapping] = stream_mappings(template)
    assert (mapping.table, mapping.function, mapping.queue) == ("Submissions", "NotifyFunction", "NotMailed")
    assert [pattern["eventName"] for pattern in mapping.patterns] == [["INSERT"], ["MODIFY"], ["MODIFY"]]
    assert mapping.reports_failures


@pytest.mark.parametrize(
    "directive", ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
)
def test_the_content_security_policy_is_strict(directive, template):
    assert directive in dict(template.response_headers())["Content-Security-Policy"]


def test_all_tries_of_a_write_end_before_the_function_does(template):
    tries = HURRIED.retries["total_max_attempts"]
    longest = tries * (HURRIED.connect_timeout + HURRIED.read_timeout)
    assert longest < min(properties["Timeout"] for properties in template.functions.values()) - 3


def test_an_unknown_reference_is_an_error(template):
    with pytest.raises(ValueError, match="Nowhere"):
        template.resolve({"Ref": "Nowhere"})
    with pytest.raises(ValueError, match="Fn::ImportValue"):
        template.resolve({"Fn::ImportValue": "x"})
