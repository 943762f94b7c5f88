"""template.yaml: what visitors get, how they come in, and what is written down of it."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.aws.cloudfront import sent_on
from local.template import ACCOUNT, REGION, ErrorPage
from tests.support.programs import JUDGES, install_judges
from web.responses import OPEN

POLICY = """default-src 'none'; script-src 'self' 'sha256-…';
style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';
frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"""
"""The one hash is that of the script in each page, which tests/site/test_weight.py computes."""


def test_a_page_may_do_what_the_site_needs_and_nothing_else(template):
    headers = dict(template.response_headers())
    policy = re.sub("'sha256-[A-Za-z0-9+/]{43}='", "'sha256-…'", headers["Content-Security-Policy"])
    assert policy.split() == POLICY.split()
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


def distribution(template):
    [found] = template.resources("AWS::CloudFront::Distribution").values()
    return found["DistributionConfig"]


def test_the_site_comes_over_tls_with_the_headers_and_the_forms_are_not_cached(template):
    config = distribution(template)
    assert config["Enabled"] is True
    *functions, assets = config["CacheBehaviors"]
    assert [each["PathPattern"] for each in functions] == ["/forms/*", "/desk/*", "/certified/*"]
    pages = {name: value for name, value in config["DefaultCacheBehavior"].items() if name != "FunctionAssociations"}
    assert assets == {"PathPattern": "/assets/*", **pages}
    for behavior in (config["DefaultCacheBehavior"], *functions):
        assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
        assert behavior["ResponseHeadersPolicyId"] == {"Ref": "ResponseHeaders"}
        assert behavior["Compress"] is True
    assert {each["CachePolicyId"] for each in functions[:2]} == {"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}
    assert functions[0]["OriginRequestPolicyId"] == {"Ref": "FormsRequests"}
    [clean] = config["DefaultCacheBehavior"]["FunctionAssociations"]
    assert clean == {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["CleanUrls", "FunctionARN"]}}
    own = config["ViewerCertificate"]["Fn::If"][1]
    assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
    site, api = config["Origins"]
    assert "S3OriginConfig" in site  # CloudFront takes no origin without one of the two
    assert site["OriginAccessControlId"] == {"Ref": "SiteAccess"}
    assert api["CustomOriginConfig"] == {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]}
    access = template.resources("AWS::CloudFront::OriginAccessControl")["SiteAccess"]["OriginAccessControlConfig"]
    assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")


def test_the_register_is_cached_as_its_function_says_by_address_page_and_words(template):
    behavior = distribution(template)["CacheBehaviors"][2]
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    [policy] = template.resources("AWS::CloudFront::CachePolicy").values()
    config = policy["CachePolicyConfig"]
    assert behavior["CachePolicyId"] == {"Ref": "RegisterCache"}
    # stale-if-error holds at most for MaxTTL.
    assert (config["MinTTL"], config["DefaultTTL"], config["MaxTTL"]) == (0, 0, 86400)
    key = config["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "whitelist", "QueryStrings": ["page", "q"]}
    assert (key["CookiesConfig"], key["HeadersConfig"]) == ({"CookieBehavior": "none"}, {"HeaderBehavior": "none"})


def test_the_forms_see_of_a_request_what_they_need_and_no_more(template):
    policy = template.resources("AWS::CloudFront::OriginRequestPolicy")["FormsRequests"]
    config = policy["OriginRequestPolicyConfig"]
    assert config["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    assert config["CookiesConfig"] == {"CookieBehavior": "none"}
    headers = ["Accept", "Content-Type", "CloudFront-Viewer-Address", "Origin", "Sec-Fetch-Site"]
    assert config["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": headers}


def test_the_desk_sees_of_a_request_what_it_needs_and_no_more(template):
    forwarded = template.forwarding("/desk/")
    assert forwarded.headers == {"content-type", "cloudfront-viewer-address", "origin"}
    assert forwarded.cookies == {"__Host-desk", "__Host-desk-code"}
    policy = template.resources("AWS::CloudFront::OriginRequestPolicy")["DeskRequests"]["OriginRequestPolicyConfig"]
    assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "all"}


def test_a_page_that_is_not_there_is_said_not_to_be_there(template):
    pages = template.error_pages()
    assert pages[403] == pages[404] == ErrorPage(404, "/404.html")  # S3 says 403 where nobody may list


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_the_api_itself_answers_is_a_page_that_people_can_read(status, template, built_site):
    """Our functions answer a failure with 500 and a page of their own, which keeps what was written."""
    page = template.error_pages()[status]
    assert page.status == status
    assert "we cannot tell whether it arrived" in Path(built_site, page.path.lstrip("/")).read_text("utf-8")
    assert 500 not in template.error_pages()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failure_is_shown_to_nobody_else(status, template):
    assert template.seconds_of_error_cache(status) == 0


def test_what_the_register_opens_to_other_sites_is_open_at_the_edge(template):
    open_to_all = {name.lower(): value for name, value in OPEN.items()}
    assert open_to_all
    for name, value in template.response_headers(sent=open_to_all):
        assert open_to_all.get(name.lower(), value) == value


def test_browsers_are_told_to_come_over_https_for_two_years(template):
    [policy] = template.resources("AWS::CloudFront::ResponseHeadersPolicy").values()
    transport = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["StrictTransportSecurity"]
    assert transport == {"AccessControlMaxAgeSec": 63072000, "IncludeSubdomains": True, "Override": True}


def test_a_flood_has_its_limits(template):
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    limits = {name: int(value) for name, value in template.resolve(api["DefaultRouteSettings"]).items()}
    assert limits == {"ThrottlingBurstLimit": 50, "ThrottlingRateLimit": 20}
    public = {route.function for route in template.routes()}
    limit = {"Fn::If": ["LimitsConcurrency", {"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}]}
    limited = {name for name, each in template.functions.items() if each.get("ReservedConcurrentExecutions") == limit}
    assert limited == public


def test_every_function_of_the_edge_goes_live_with_its_deployment(template):
    functions = template.resources("AWS::CloudFront::Function")
    assert functions
    assert all(each["AutoPublish"] is True for each in functions.values())


def test_what_is_kept_at_the_edge_is_kept_in_both_ways_to_compress(template):
    policies = [each["CachePolicyConfig"] for each in template.resources("AWS::CloudFront::CachePolicy").values()]
    assert policies
    for policy in policies:
        kept = policy["ParametersInCacheKeyAndForwardedToOrigin"]
        assert kept["EnableAcceptEncodingBrotli"] is True
        assert kept["EnableAcceptEncodingGzip"] is True


PERSONAL = ["ip", "sourceIp", "user-agent", "userAgent", "referer", "query", "cookie", "path", "email", "principalId"]


def test_logs_of_visits_hold_nobody(template):
    [api] = template.resources("AWS::Serverless::HttpApi").values()
    written = api["AccessLogSettings"]["Format"]
    assert json.loads(written)["requestId"] == "$context.requestId"
    [delivery] = template.resources("AWS::Logs::Delivery").values()
    fields = [*re.findall(r"\$context\.([\w.]+)", written), *delivery["RecordFields"]]
    assert not [field for field in fields if any(word in field for word in PERSONAL)]


def test_every_log_ends_after_ninety_days(template):
    groups = template.resources("AWS::Logs::LogGroup")
    assert {name: group["RetentionInDays"] for name, group in groups.items()} == {"Logs": 90, "ApiLogs": 90}
    logging = {"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON", "SystemLogLevel": "WARN"}
    assert all(each["LoggingConfig"] == logging for each in template.functions.values())
    [rule] = template.resources("AWS::S3::Bucket")["LogBucket"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 90)
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}  # what is deleted is kept as a version


def test_ses_reports_what_the_functions_note_and_takes_tls_only(template, stand_in):
    import feedback

    [sets] = template.resources("AWS::SES::ConfigurationSet").values()
    assert sets["DeliveryOptions"] == {"TlsPolicy": "REQUIRE"}
    assert sets["ReputationOptions"] == {"ReputationMetricsEnabled": True}  # what the alarms on bounces look at
    assert sets["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    [reports] = template.resources("AWS::SES::ConfigurationSetEventDestination").values()
    assert reports["EventDestination"]["Enabled"] is True
    to = template.resolve(reports["EventDestination"]["EventBridgeDestination"])
    assert to == {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}  # where the rule listens
    kinds = [kind.replace("_", "").lower() for kind in reports["EventDestination"]["MatchingEventTypes"]]
    assert kinds == [kind.lower() for kind in feedback.REPORTED_AS]
    [identity] = template.resources("AWS::SES::EmailIdentity").values()
    assert identity["FeedbackAttributes"] == {"EmailForwardingEnabled": False}  # the sender has no mailbox
    assert template.resolve(identity["MailFromAttributes"])["MailFromDomain"] == "mail.certification.example.org"


def test_whom_the_firewall_stops_reads_what_to_do_in_words(template):
    [acl] = template.resources("AWS::WAFv2::WebACL").values()
    answer = acl["Rules"][0]["Action"]["Block"]["CustomResponse"]
    body = acl["CustomResponseBodies"][answer["CustomResponseBodyKey"]]
    assert (answer["ResponseCode"], body["ContentType"]) == (429, "TEXT_HTML")
    assert answer["ResponseHeaders"] == [{"Name": "Retry-After", "Value": str(5 * 60)}]
    assert "Wait five minutes" in body["Content"]
    assert "not received" in body["Content"]
    assert "style" not in body["Content"]


def test_the_firewall_stops_whom_its_parameter_says(template):
    [acl] = template.resources("AWS::WAFv2::WebACL").values()
    rate = acl["Rules"][0]["Statement"]["RateBasedStatement"]
    said = template.declared_parameters["Firewall"]["Description"]
    assert f"more than {rate['Limit']} times in five minutes" in said
    assert rate.get("EvaluationWindowSec", 300) == 300  # five minutes, where nothing says otherwise


def test_the_firewall_lets_through_whom_no_rule_stops(template):
    [acl] = template.resources("AWS::WAFv2::WebACL").values()
    assert acl["DefaultAction"] == {"Allow": {}}


def test_rules_of_the_firewall_and_the_steps_of_each_are_numbered_from_zero(template):
    """AWS refuses two of one number."""
    [acl] = template.resources("AWS::WAFv2::WebACL").values()
    scopes = [each["Statement"]["RateBasedStatement"]["ScopeDownStatement"] for each in acl["Rules"]]
    for ordered in (acl["Rules"], *(each["ByteMatchStatement"]["TextTransformations"] for each in scopes)):
        assert [each["Priority"] for each in ordered] == [*range(len(ordered))]


def test_the_firewall_keeps_no_visitors_request(template):
    """Samples hold addresses and headers."""
    [firewall] = template.resources("AWS::WAFv2::WebACL").values()
    seen = [firewall["VisibilityConfig"], *(each["VisibilityConfig"] for each in firewall["Rules"])]
    assert [each["SampledRequestsEnabled"] for each in seen] == [False, False]


def test_the_firewall_counts_every_spelling_of_a_path_that_leads_to_a_form(template):
    """CloudFront decodes and normalizes a path before it looks for its behavior."""
    [acl] = template.resources("AWS::WAFv2::WebACL").values()
    scope = acl["Rules"][0]["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["ByteMatchStatement"]
    assert scope["FieldToMatch"] == {"UriPath": {}}
    steps = [each["Type"] for each in sorted(scope["TextTransformations"], key=lambda each: each["Priority"])]
    assert steps == ["URL_DECODE", "NORMALIZE_PATH", "LOWERCASE"]


@pytest.mark.parametrize(
    ("asked", "query", "answer"),
    [
        ("/", "", "/index.html"),
        ("/checklists/leader/", "", "/checklists/leader/index.html"),
        ("/assets/site.css", "v=1", "/assets/site.css"),
        ("/checklists/leader", "", "-> /checklists/leader/"),
        ("/search", "q=use%20of%20force&x=&q=b", "-> /search/?q=use%20of%20force&q=b&x="),
        ("//evil.example/x", "", "-> /evil.example/x/"),
        ("//evil.example/x", "a=//b", "-> /evil.example/x/?a=//b"),
        ("/a.b/c", "", "-> /a.b/c/"),
        ("/\\evil.example/x", "", "-> /evil.example/x/"),
        ("\\/evil.example/x", "", "-> /evil.example/x/"),
    ],
)
def test_clean_addresses_are_files_or_sent_on_here_as_on_aws(asked, query, answer, template, browser):
    [function] = template.resources("AWS::CloudFront::Function").values()
    given = json.dumps({"request": {"uri": asked, "querystring": as_cloudfront_reads(query)}})
    with browser.new_page() as page:
        got = page.evaluate(f"(() => {{ {function['FunctionCode']}; return handler({given}) }})()")
    sent = got["headers"]["location"]["value"] if "headers" in got else None
    assert (f"-> {sent}" if sent else got["uri"]) == answer
    here = sent_on(asked, query)
    assert (here and sorted(re.split("[?&]", here))) == (sent and sorted(re.split("[?&]", sent)))


def not_at_the_edge(function: str) -> list[str]:
    """What the JavaScript of a CloudFront function uses that AWS does not list for its runtime."""
    install_judges()
    run = subprocess.run(["node", JUDGES / "edge.mjs"], input=function, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def test_functions_at_the_edge_use_only_what_their_runtime_is_said_to_have(template):
    functions = template.resources("AWS::CloudFront::Function").values()
    assert {each["FunctionConfig"]["Runtime"] for each in functions} == {"cloudfront-js-2.0"}
    assert [not_at_the_edge(each["FunctionCode"]) for each in functions] == [[] for _ in functions]


def test_what_that_runtime_is_not_said_to_have_is_found():
    newer = """const [a] = b; ({c}) => 1; [...d]; e?.f; g ?? h; class I {} for (const j of k) {} l.flat(); m.flatMap(n);
        function* o() { yield 1 } function p(q = 1) {} try {} catch {}"""
    assert set(not_at_the_edge(newer)) >= {
        *("ArrayPattern", "ObjectPattern", "SpreadElement", "ChainExpression", "newer operator", "ClassDeclaration"),
        *("ForOfStatement", "method not listed", "generator", "AssignmentPattern", "catch without a name"),
    }


def as_cloudfront_reads(query):
    """The querystring of the event of a CloudFront function: a name that comes twice has all of its values."""
    read: dict[str, Any] = {}
    for name, _, value in (each.partition("=") for each in query.split("&") if each):
        read.setdefault(name, []).append({"value": value})
    return {name: {**each[0], **({"multiValue": each} if each[1:] else {})} for name, each in read.items()}
