"""What CloudFront keeps of errors: nobody is shown the failure that another visitor met."""

from http import HTTPStatus

import pytest

from local.aws.api_gateway import Request, Response
from local.error_cache import ErrorCache
from local.template import Template

RECEIPT = "/forms/contact/received"


class Edge:
    """An edge of a template's distribution, whose origin answers with the next of `statuses`, and then with 200."""

    def __init__(self, template, *statuses):
        self.now = 0.0
        self.asked = 0
        self._statuses = iter(statuses)
        self._cache = ErrorCache(template, self._origin, lambda: self.now)

    def _origin(self, request):
        self.asked += 1
        headers = [("cache-control", "private, no-cache")]
        return Response(next(self._statuses, 200), headers, request.query.encode())

    def status(self, query="", method="GET", path=RECEIPT):
        return self._cache.answer(Request(method, path, query)).status


@pytest.fixture
def silent(tmp_path):
    """A distribution that says nothing of errors."""
    file = tmp_path / "template.yaml"
    config = "DistributionConfig: {Enabled: true}"
    file.write_text(f"Resources:\n  Front: {{Type: AWS::CloudFront::Distribution, Properties: {{{config}}}}}\n")
    return Template(file)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_is_shown_to_the_visitor_who_met_it_and_to_nobody_else(template, status):
    edge = Edge(template, status)
    assert edge.status("receipt=one") == status
    assert edge.status("receipt=two") == HTTPStatus.OK


def test_without_a_word_of_it_an_error_stands_for_ten_seconds_whatever_is_asked_of_that_path(silent):
    edge = Edge(silent, 500)
    assert [edge.status("receipt=one"), edge.status("receipt=two"), edge.status(method="HEAD")] == [500] * 3
    assert edge.status(path="/forms/plaque/received") == HTTPStatus.OK
    edge.now = 9.9
    assert edge.status("receipt=three") == 500
    edge.now = 10
    assert edge.status("receipt=three") == HTTPStatus.OK


def test_what_is_posted_always_reaches_the_form(silent):
    edge = Edge(silent, 500, 500)
    assert [edge.status(), edge.status(method="POST"), edge.status(method="POST")] == [500, 500, HTTPStatus.OK]
    assert edge.asked == 3


@pytest.mark.parametrize("status", [400, 422, 429, 200])
def test_answers_that_are_no_errors_of_the_server_are_not_kept(silent, status):
    edge = Edge(silent, status)
    assert [edge.status(), edge.status()] == [status, HTTPStatus.OK]
