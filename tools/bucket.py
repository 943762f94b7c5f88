"""The bucket of the site on AWS: which file it gets with which headers, and what is removed from it."""

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    "feed.xml": "application/atom+xml; charset=utf-8",
}
"""By suffix, or by name."""
HASHED = re.compile(r"assets/[^/]+\.[0-9a-f]{10}\.\w+")
FOR_GOOD = "public, max-age=31536000, immutable"
"""For files whose name changes with their content."""
FOR_A_MINUTE = "public, max-age=60, s-maxage=86400"
"""In browsers; CloudFront keeps a day, and is told of each deployment."""
ASSETS_STAY = timedelta(days=30)
"""After the last deployment that had them: a page that is still open somewhere may ask for them."""


class Refused(Exception):
    """Deployment is refused. The message is one line."""


@dataclass(frozen=True)
class Upload:
    """A file of the site as the bucket gets it."""

    key: str
    content_type: str
    cache_control: str


def uploads(site: Path) -> list[Upload]:
    """Return every file of the built site: what pages name, then the pages. Raises Refused for an unknown kind."""
    found = []
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        key = path.relative_to(site).as_posix()
        content_type = CONTENT_TYPES.get(path.name) or CONTENT_TYPES.get(path.suffix)
        if content_type is None:
            raise Refused(f"{key}: tools/bucket.py does not know the content type of {path.suffix or 'such'} files")
        cache_control = FOR_GOOD if HASHED.fullmatch(key) else FOR_A_MINUTE
        found.append(Upload(key, content_type, cache_control))
    return sorted(found, key=lambda upload: upload.cache_control != FOR_GOOD)


@dataclass(frozen=True)
class Bucket:
    """The bucket of the site, and the distribution before it. With `dry`, what would be done is printed only."""

    name: str
    distribution: str
    region: str
    dry: bool = False

    @classmethod
    def of(cls, stack: str, region: str) -> "Bucket | None":
        """Return that of a stack, None if there is none yet. Raises ClientError if AWS refuses."""
        client = boto3.client("cloudformation", region)
        try:
            [found] = client.describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        if "SiteBucketName" not in outputs:  # a first deployment that did not get far
            return None
        return cls(outputs["SiteBucketName"], outputs["DistributionId"], region)

    def put(self, site: Path, files: list[Upload]) -> None:
        client = None if self.dry else boto3.client("s3", self.region)
        for file in files:
            print(f"put s3://{self.name}/{file.key} | {file.content_type} | {file.cache_control}")
            if client:
                client.put_object(
                    Bucket=self.name,
                    Key=file.key,
                    Body=Path(site, file.key).read_bytes(),
                    ContentType=file.content_type,
                    CacheControl=file.cache_control,
                )

    def remove_all_but(self, files: list[Upload], now: datetime) -> None:
        """Remove old assets. Each deployment puts them anew, so their age is the time since one last had them."""
        print(f"remove from s3://{self.name} other files; assets {ASSETS_STAY.days} days after they were last put")
        if self.dry:
            return
        client = boto3.client("s3", self.region)
        current = {file.key for file in files}
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        for stored in [stored for page in pages for stored in page.get("Contents", [])]:
            key = stored["Key"]
            needed = key in current or (HASHED.fullmatch(key) and stored["LastModified"] > now - ASSETS_STAY)
            if not needed:
                print(f"remove s3://{self.name}/{key}")
                client.delete_object(Bucket=self.name, Key=key)

    def invalidate(self) -> None:
        print(f"invalidate /* of {self.distribution}")
        if not self.dry:
            boto3.client("cloudfront", self.region).create_invalidation(
                DistributionId=self.distribution,
                InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": str(time.time_ns())},
            )
