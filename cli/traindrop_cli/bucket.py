"""What a bucket has to be like before a file is dropped into it: one that the stack did not make may be otherwise."""

from collections.abc import Callable

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
    for fault_of in (fault_of_events, fault_of_versions):
        if (fault := _asked(fault_of, bucket)) is not None:
            raise CommandError(fault)


def fault_of_events(bucket: str) -> str | None:
    """How to mend that an upload would set nothing off; None where it does."""
    found = boto3.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    return None if "EventBridgeConfiguration" in found else _EVENTS.format(bucket=bucket)


def fault_of_versions(bucket: str) -> str | None:
    """How to mend that uploads could not be told apart; None where they can."""
    found = boto3.client("s3").get_bucket_versioning(Bucket=bucket)
    return None if found.get("Status") == "Enabled" else _VERSIONS.format(bucket=bucket)


def _asked(fault_of: Callable[[str], str | None], bucket: str) -> str | None:
    """The fault; None where it may not be asked for."""
    try:
        return fault_of(bucket)
    except ClientError as error:
        if aws.error_code(error) != "AccessDenied":
            raise
        return None
