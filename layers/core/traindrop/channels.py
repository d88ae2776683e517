"""Input data and artifacts between S3 and the container's folders, with SageMaker's semantics and words."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from traindrop.instances import Instance

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DataError(Exception):
    """Input data cannot be fetched; the message is that of SageMaker's FailureReason after `ClientError: `."""


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI. The key is taken as it is, not URL-decoded."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def no_objects_message(uri: str, region: str, role_arn: str) -> str:
    """What CreateTrainingJob says of a channel without objects (aws/amazon-sagemaker-examples 2489)."""
    bucket, _ = split_uri(uri)
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists '
        f"in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )


def has_objects(s3: "S3Client", uri: str) -> bool:
    """Whether any object lies under the prefix, as far as these credentials can tell."""
    bucket, prefix = split_uri(uri)
    try:
        return s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"] > 0
    except ClientError:
        return False  # denied or no such bucket: SageMaker says the same of all three


def channel_uri(channel: Mapping[str, Any]) -> str:
    """Where a channel's data lies; DataError for a data source that is not an S3 prefix."""
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source.get("S3DataType") != "S3Prefix":
        name = channel["ChannelName"]
        raise DataError(f"channel {name}: the local SageMaker reads S3DataSource with S3DataType S3Prefix only")
    return str(source["S3Uri"])


def fetch_channel(s3: "S3Client", channel: Mapping[str, Any], folder: Path, instance: Instance) -> None:
    """Download every object whose key begins with the prefix, each to its key relative to the prefix's folder; of a
    channel ShardedByS3Key the instance's share, every n-th object."""
    uri = channel_uri(channel)
    bucket, prefix = split_uri(uri)
    try:
        keys = list(_keys(s3, bucket, prefix))
        sharded = channel["DataSource"]["S3DataSource"].get("S3DataDistributionType") == "ShardedByS3Key"
        _fetch(s3, uri, keys[instance.number - 1 :: len(instance.hosts)] if sharded else keys, folder)
    except ClientError as error:
        raise DataError(f"Data download failed:{_worded(error)}") from error
    if not keys:
        raise DataError(f'Data download failed:No S3 objects found under S3 URL "{uri}" given in input data source')


def fetch_prefix(s3: "S3Client", uri: str, folder: Path) -> None:
    """Download all that lies below a prefix that ends in a slash; there may be nothing."""
    try:
        _fetch(s3, uri, _keys(s3, *split_uri(uri)), folder)
    except ClientError as error:
        raise DataError(f"Data download failed:{_worded(error)}") from error


def _fetch(s3: "S3Client", uri: str, keys: Iterable[str], folder: Path) -> None:
    bucket, prefix = split_uri(uri)
    for key in keys:
        target = folder / relative_path(key, prefix)
        target.parent.mkdir(parents=True, exist_ok=True)
        fetch_object(s3, bucket, key, target)


def fetch_object(s3: "S3Client", bucket: str, key: str, target: Path) -> None:
    with s3.get_object(Bucket=bucket, Key=key)["Body"] as body, target.open("wb") as file:
        shutil.copyfileobj(body, file, 1 << 20)


def put_artifact(s3: "S3Client", file: Path, uri: str, kms_key: str | None) -> None:
    """Upload a packed artifact, encrypted by the job's key where it names one."""
    try:
        put_object(s3, file, uri, kms_key)
    except DataError as error:
        raise DataError(f"Artifact upload failed:{error}") from error


def put_object(s3: "S3Client", file: Path, uri: str, kms_key: str | None = None) -> None:
    """Upload a file; `DataError` in S3's words alone."""
    bucket, key = split_uri(uri)
    encryption: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    try:
        with file.open("rb") as body:
            s3.put_object(Bucket=bucket, Key=key, Body=body, **encryption)
    except ClientError as error:
        raise DataError(_worded(error)) from error


def relative_path(key: str, prefix: str) -> str:
    """Where an object lands in its channel: `a/b` and `a/b/` both bring `a/b/c.csv` as `c.csv`, `a/b/c` as well.

    >>> relative_path("a/b/c/d.csv", "a/b")
    'c/d.csv'
    >>> relative_path("a/b/c.csv", "a/b/c")
    'c.csv'
    """
    folder = prefix.rstrip("/") + "/"
    base = folder if key.startswith(folder) else prefix[: prefix.rfind("/") + 1]
    relative = PurePosixPath(key[len(base) :].lstrip("/"))
    if ".." in relative.parts:
        raise DataError(f"Data download failed:the key {key!r} leaves the channel's folder")
    return str(relative)


def _keys(s3: "S3Client", bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith("/"):  # a "folder" made in the console
                yield item["Key"]


def _worded(error: ClientError) -> str:
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return f"{code} ({status}): {error.response['Error']['Message']}"
