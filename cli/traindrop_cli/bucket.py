"""What a bucket has to be like before a file is dropped into it: one that the stack did not make may be otherwise."""

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from traindrop import aws
from traindrop_cli.errors import CommandError

_EVENTS = """\
The bucket {bucket} does not tell EventBridge of its uploads: nothing would become of a drop. Switch it on once: in the
S3 console under Properties, Amazon EventBridge; or, where the bucket has no other notifications (it would lose them):
  aws s3api put-bucket-notification-configuration --bucket {bucket} \\
    --notification-configuration '{{"EventBridgeConfiguration": {{}}}}'"""
_VERSIONS = """\
The bucket {bucket} keeps no versions: a file that is overwritten while its run waits could not be told from the one
that was checked. Switch versioning on once:
  aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled"""


def check_bucket(bucket: str) -> None:
    """Raises `CommandError` where an upload would set nothing off, or where uploads could not be told apart.

    Who may drop may not always ask this: then the bucket is taken to be as it should.
    """
    s3 = boto3.client("s3")
    notifications = _asked(lambda: s3.get_bucket_notification_configuration(Bucket=bucket))
    if notifications is not None and "EventBridgeConfiguration" not in notifications:
        raise CommandError(_EVENTS.format(bucket=bucket))
    versioning = _asked(lambda: s3.get_bucket_versioning(Bucket=bucket))
    if versioning is not None and versioning.get("Status") != "Enabled":
        raise CommandError(_VERSIONS.format(bucket=bucket))


def _asked(ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The answer; None where it may not be asked for."""
    try:
        return ask()
    except ClientError as error:
        if aws.error_code(error) != "AccessDenied":
            raise
        return None
