"""`make deploy`: what it would do, what it leaves in the bucket, in what order, and what it refuses to deploy."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tools import deploy
from tools.bucket import ASSETS_STAY, Bucket, Refused, uploads
from tools.deploy import Settings, check, check_pages

SETTINGS = Settings("certification", "us-east-1", {"SiteUrl": "https://certification.example.org"})
MINUTE = "public, max-age=60, s-maxage=86400"
YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
def bucket(stand_in):
    """An empty bucket behind a distribution."""
    s3 = boto3.client("s3", "us-east-1")
    s3.create_bucket(Bucket="certification-site")
    yield Bucket("certification-site", "E2DISTRIBUTION", "us-east-1")
    for key in keys():
        s3.delete_object(Bucket="certification-site", Key=key)
    s3.delete_bucket(Bucket="certification-site")


def keys() -> set[str]:
    found = boto3.client("s3", "us-east-1").list_objects_v2(Bucket="certification-site")
    return {stored["Key"] for stored in found.get("Contents", [])}


def test_the_dry_run_prints_every_file_once_with_its_header_and_asks_nothing_of_aws(built_site, capsys, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("the dry run asks nothing")

    monkeypatch.setattr(boto3, "client", fail)
    monkeypatch.setattr(subprocess, "run", fail)
    deploy.deploy(SETTINGS, built_site, dry=True)
    lines = capsys.readouterr().out.splitlines()
    put = [line.removeprefix("put s3://<SiteBucketName>/").split(" | ") for line in lines if line.startswith("put ")]
    assert sorted(key for key, *_ in put) == sorted(
        path.relative_to(built_site).as_posix() for path in built_site.rglob("*") if path.is_file()
    )
    for key, content_type, cache_control in put:
        assert cache_control == (YEAR if key.startswith("assets/") else MINUTE), key
        assert content_type.startswith(("image/png", "application/gzip")) or content_type.endswith("; charset=utf-8")
    assert {key: kind for key, kind, _ in put}["faq/index.html"] == "text/html; charset=utf-8"
    order = [line.split()[0] for line in lines]
    assert order == ["put"] * order.index("sam") + ["sam"] + ["put"] * (order.count("put") - order.index("sam")) + [
        "remove",
        "invalidate",
    ]
    assert all("assets/" in line for line in lines[: order.index("sam")])


def test_the_bucket_gets_the_files_as_they_are_with_type_and_header(bucket, built_site):
    bucket.put(built_site, uploads(built_site))
    assert keys() == {upload.key for upload in uploads(built_site)}
    stored = boto3.client("s3", "us-east-1").get_object(Bucket=bucket.name, Key="faq/index.html")
    assert stored["Body"].read() == (built_site / "faq" / "index.html").read_bytes()
    assert (stored["ContentType"], stored["CacheControl"]) == ("text/html; charset=utf-8", MINUTE)


def test_old_pages_go_at_once_and_old_assets_a_month_after_the_last_deployment_that_had_them(bucket, tmp_path):
    for name in ("index.html", "old/index.html", "assets/site.0123456789.css", "assets/site.abcdef0123.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    bucket.put(tmp_path, uploads(tmp_path))
    current = [upload for upload in uploads(tmp_path) if upload.key in ("index.html", "assets/site.abcdef0123.css")]
    bucket.remove_all_but(current, datetime.now(UTC))
    assert keys() == {"index.html", "assets/site.0123456789.css", "assets/site.abcdef0123.css"}
    bucket.remove_all_but(current, datetime.now(UTC) + ASSETS_STAY + timedelta(minutes=1))
    assert keys() == {"index.html", "assets/site.abcdef0123.css"}


@pytest.mark.parametrize("first", [True, False], ids=["no stack yet", "stack is there"])
def test_a_deployment_puts_assets_then_stack_then_pages_and_ends_with_the_invalidation(
    first, bucket, built_site, capsys, monkeypatch
):
    stacks = iter([None if first else bucket, bucket])
    invalidated = []
    monkeypatch.setattr(Bucket, "of", lambda *_: next(stacks))
    monkeypatch.setattr(Bucket, "invalidate", lambda _: invalidated.append(keys()))
    there: list[Any] = []
    monkeypatch.setattr(deploy, "_run", lambda *_, **__: there.extend(keys()))
    deploy.deploy(SETTINGS, built_site, dry=False)
    everything = {upload.key for upload in uploads(built_site)}
    assert set(there) == (set() if first else {key for key in everything if key.startswith("assets/")})
    assert invalidated == [everything]


def test_a_stack_that_is_not_there_yet_has_no_bucket(stand_in):
    assert Bucket.of("nowhere", "us-east-1") is None


def test_the_stack_says_its_bucket_and_its_distribution(stand_in):
    cloudformation = boto3.client("cloudformation", "us-east-1")
    cloudformation.create_stack(
        StackName=SETTINGS.stack,
        TemplateBody="""{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {
            "SiteBucketName": {"Value": "the-bucket"}, "DistributionId": {"Value": "E2"}}}""",
    )
    assert Bucket.of(SETTINGS.stack, SETTINGS.region) == Bucket("the-bucket", "E2", "us-east-1")
    cloudformation.delete_stack(StackName=SETTINGS.stack)


def test_the_template_has_the_outputs_that_a_deployment_reads(template):
    assert {"SiteBucketName", "DistributionId"} <= template._template["Outputs"].keys()


def test_pages_that_name_this_machine_or_another_site_are_refused(built_site, tmp_path):
    check_pages([built_site], "https://certification.example.org")
    with pytest.raises(Refused, match=r"instead of https://www\.example\.org"):
        check_pages([built_site], "https://www.example.org")
    (tmp_path / "index.html").write_text('<a href="http://localhost:8000/">Home</a>')
    with pytest.raises(Refused, match="//localhost"):
        check_pages([tmp_path], "https://certification.example.org")


def test_a_file_of_a_kind_that_is_not_known_is_refused(tmp_path):
    (tmp_path / "film.mp4").touch()
    with pytest.raises(Refused, match=r"content type of \.mp4"):
        uploads(tmp_path)


@pytest.mark.parametrize(
    "overrides",
    [
        r'''"SiteUrl=\"https://a.example\" StaffAddresses=\"a@a.example,b@a.example\" DomainName=\"\""''',
        '["SiteUrl=https://a.example", "StaffAddresses=a@a.example,b@a.example", "DomainName="]',
    ],
)
def test_the_parameters_are_read_as_sam_writes_them_and_others_are_the_templates(overrides, tmp_path, template):
    settings = written(tmp_path, template, overrides)
    assert (settings.stack, settings.region, settings.site_url) == ("s", "us-east-1", "https://a.example")
    assert settings.parameters["StaffAddresses"] == "a@a.example,b@a.example"
    assert settings.parameters["TimeZone"] == template.parameters["TimeZone"]


def written(folder, template, overrides):
    stack = 'stack_name = "s"\nregion = "us-east-1"'
    file = folder / "samconfig.toml"
    file.write_text(f"[default.deploy.parameters]\n{stack}\nparameter_overrides = {overrides}\n")
    return Settings.read(file, template)


def in_earnest(template, but=()):
    """Parameters as an owner gives them, `but` left at their samples."""
    own = {name: value.replace("certification.example.org", "a.example") for name, value in template.parameters.items()}
    return Settings("s", "us-east-1", {**own, **{name: template.parameters[name] for name in but}})


def test_changes_that_are_not_committed_and_a_missing_sam_are_refused(template, monkeypatch):
    dirty, clean = subprocess.CompletedProcess([], 0, b" M README.md\n"), subprocess.CompletedProcess([], 0, b"")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: dirty)
    with pytest.raises(Refused, match="not committed"):
        check(in_earnest(template))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: clean)
    with pytest.raises(Refused, match="aws-sam-cli"):
        check(in_earnest(template))


SITE_IN_EARNEST = """
site_url: !ENV [SITE_URL, "https://certification.example.org/"]
extra:
  office:
    telephone: (202) 200 100
    email: office@a.example
  donate_url: https://a.example/donate
  social:
    - {name: Facebook, url: "https://a.example/facebook"}
nav:
"""


def test_every_parameter_that_is_still_a_sample_is_named(template, tmp_path, monkeypatch):
    clean = subprocess.CompletedProcess([], 0, b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: clean)
    samples = [name for name, value in template.parameters.items() if "example.org" in value]
    assert len(samples) >= 5
    with pytest.raises(Refused, match="leaves StaffAddresses, AlarmAddress at the sample"):
        check(in_earnest(template, but=("StaffAddresses", "AlarmAddress")))
    site_only = written(tmp_path, template, r'''"SiteUrl=\"https://a.example\""''')
    assert site_only.samples == [name for name in samples if name != "SiteUrl"]
    monkeypatch.setattr(shutil, "which", lambda _: "sam")
    monkeypatch.setattr(deploy, "SITE", tmp_path / "mkdocs.yml")
    deploy.SITE.write_text(SITE_IN_EARNEST)
    check(in_earnest(template))
    deploy.SITE.write_text(SITE_IN_EARNEST.replace("a.example", "example.org").replace("200 100", "555-0100"))
    with pytest.raises(Refused, match=r"mkdocs\.yml still has sample values: telephone, email, donate_url, Facebook$"):
        check(in_earnest(template))


@pytest.mark.parametrize(
    ("site_url", "domain", "is_refused"),
    [
        ("https://a.example", "a.example", False),
        ("https://d111.cloudfront.net", "", False),
        ("https://d111.cloudfront.net", "a.example", True),
        ("https://www.a.example", "a.example", True),
        ("http://a.example", "a.example", True),
        ("https://a.example/", "a.example", True),
    ],
)
def test_a_site_that_calls_itself_otherwise_than_its_domain_is_refused(site_url, domain, is_refused, template):
    parameters = {**in_earnest(template).parameters, "SiteUrl": site_url, "DomainName": domain}
    said = " ".join(deploy.wanting(Settings("s", "us-east-1", parameters)))
    assert (f"SiteUrl has to be https://{domain}" in said) == is_refused


def test_the_first_deployment_explains_each_parameter_and_keeps_the_answers_in_the_committed_file(
    template, stand_in, capsys, monkeypatch
):
    """SAM by itself looks for samconfig.toml beside the template that it deploys, in .build/, which git ignores."""
    ran = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    monkeypatch.setattr(deploy, "about_concurrency", lambda _: "")
    deploy.guide(template)
    said = capsys.readouterr().out
    assert all(f"{name}: {each['Description']}" in said for name, each in template.declared_parameters.items())
    [command] = ran
    assert command == ("sam", "deploy", "--config-file", str(deploy.CONFIG), "--guided")
    assert deploy.CONFIG.is_file()


def test_the_dry_run_says_at_once_everything_that_the_deployment_would_refuse(template, monkeypatch, capsys):
    dirty = subprocess.CompletedProcess([], 0, b" M mkdocs.yml\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: dirty)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    for done_before in ("check_pages", "deploy"):
        monkeypatch.setattr(deploy, done_before, lambda *_, **__: None)
    monkeypatch.setattr("sys.argv", ["deploy", "--dry"])
    assert deploy.main() == 0
    refused = [line for line in capsys.readouterr().out.splitlines() if line.startswith("make deploy would refuse: ")]
    for number, word in enumerate(("not committed", "SenderAddress", "mkdocs.yml", "aws-sam-cli")):
        assert word in refused[number]


@pytest.mark.parametrize("option", ["--dry", "--guided", ""])
def test_a_build_that_fails_as_at_a_dead_link_ends_the_deployment(option, monkeypatch, capsys):
    ran = []

    def fails(command, *, check=False, **_):
        ran.append(command)
        if check:
            raise subprocess.CalledProcessError(2, command)

    monkeypatch.setattr(subprocess, "run", fails)
    for checks_before in ("check", "require_sam"):
        monkeypatch.setattr(deploy, checks_before, lambda *_: None)
    for comes_after in ("check_pages", "guide", "deploy"):
        monkeypatch.setattr(deploy, comes_after, lambda *_, **__: ran.append("something after it"))
    monkeypatch.setattr("sys.argv", ["deploy", *filter(None, [option])])
    assert deploy.main() == 1
    assert ran == [("make", "build")]
    assert "make" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limit", "advice"),
    [
        (10, "is 0 until AWS raises"),
        (100, "is 0 until"),
        (103, "is 0 until"),
        (200, "from 0 to 25."),
        (1000, "from 0 to 100."),
    ],
)
def test_the_concurrency_that_may_be_reserved_is_what_the_account_allows_four_functions(
    limit, advice, template, monkeypatch
):
    settings = {"AccountLimit": {"UnreservedConcurrentExecutions": limit}}
    client = type("Lambda", (), {"get_account_settings": lambda _: settings})()
    monkeypatch.setattr(boto3, "client", lambda *_: client)
    assert advice in deploy.about_concurrency(template)
