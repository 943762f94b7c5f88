"""Emulates CloudFront: the headers it forwards and adds, and its redirects."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from local.aws.stand_in import client
from local.template import Forwarding, Template

ALWAYS_FORWARDED = ("content-length",)
VIEWER_ADDRESS = "cloudfront-viewer-address"
SECRET = re.compile(r"\{\{resolve:secretsmanager:(.+):SecretString\}\}")
"""A dynamic reference, which CloudFormation replaces by the secret."""


def forward(headers: Mapping[str, str], viewer: tuple[str, int], allowed: Forwarding | None) -> dict[str, str]:
    """Return a viewer's headers as functions get them: CloudFront replaces the viewer's address, whatever was sent."""
    known = {**headers, VIEWER_ADDRESS: f"{viewer[0]}:{viewer[1]}"}
    if allowed is None:
        kept = known
    else:
        kept = {name: value for name, value in known.items() if name in {*allowed.headers, *ALWAYS_FORWARDED}}
        sent = [cookie.strip() for cookie in headers.get("cookie", "").split(";")]
        if cookies := [cookie for cookie in sent if cookie.partition("=")[0] in allowed.cookies]:
            kept["cookie"] = "; ".join(cookies)
    return {**kept, "user-agent": "Amazon CloudFront", "x-forwarded-for": viewer[0]}


def origin_headers(template: Template) -> dict[str, str]:
    """Return the headers that the distribution adds to requests for the forms, with current secrets."""

    def secret(found: re.Match[str]) -> str:
        text: str = client("secretsmanager").get_secret_value(SecretId=found[1])["SecretString"]
        return text

    return {
        header["HeaderName"].lower(): SECRET.sub(secret, template.resolve(header["HeaderValue"]))
        for distribution in template.resources("AWS::CloudFront::Distribution").values()
        for origin in distribution["DistributionConfig"].get("Origins", [])
        for header in origin.get("OriginCustomHeaders", [])
    }


def sent_on(path: str, query: str = "") -> str | None:
    """Return the redirect for a page without its trailing slash, as the template's CloudFront function does."""
    if path.endswith("/") or "." in path.rpartition("/")[2]:
        return None
    return quote(re.sub(r"^[/\\]+", "/", path)) + "/" + (query and f"?{query}")
