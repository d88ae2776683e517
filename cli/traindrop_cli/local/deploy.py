"""Deploy a SAM template into the local AWS: what `sam build && sam deploy` would do, in a second and without them."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from traindrop_cli.local.settings import ACCESS_KEY, REGION, SECRET_KEY
from traindrop_cli.local.template import Package, packaged, read_template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_s3 import S3Client

ARTIFACTS = "traindrop-local-artifacts"
WAIT_SECONDS = 120.0


class DeployError(Exception):
    """The stack could not be created or updated; the message has the reason of every resource that failed."""


def deploy(endpoint_url: str, template: Path, stack: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Create the stack, or update it to the template; returns its outputs.

    Raises TemplateError for a template that cannot be packaged and DeployError where CloudFormation fails.
    """
    session = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    body, packages = packaged(read_template(template), template.parent, ARTIFACTS)
    document = Package(f"{stack}/template.json", json.dumps(body).encode())
    _upload(session.client("s3", endpoint_url=endpoint_url), [*packages, document])
    cloudformation = session.client("cloudformation", endpoint_url=endpoint_url)
    # As `sam deploy` does it: in the request itself a template may have 51,200 bytes.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    _create_or_update(cloudformation, stack, f"{endpoint_url}/{ARTIFACTS}/{document.key}", parameters)
    return _outputs(_finished(cloudformation, stack))


def _upload(s3: "S3Client", packages: list[Package]) -> None:
    try:
        s3.head_bucket(Bucket=ARTIFACTS)
    except ClientError:
        s3.create_bucket(Bucket=ARTIFACTS)
    for package in packages:
        s3.put_object(Bucket=ARTIFACTS, Key=package.key, Body=package.content)


def _create_or_update(
    cloudformation: "CloudFormationClient", stack: str, template_url: str, parameters: Mapping[str, str]
) -> None:
    change = cloudformation.update_stack if _exists(cloudformation, stack) else cloudformation.create_stack
    try:
        change(
            StackName=stack,
            TemplateURL=template_url,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeployError(f"stack {stack}: {error}") from error


def _exists(cloudformation: "CloudFormationClient", stack: str) -> bool:
    """Whether there is a stack to update. One whose creation was rolled back can only be deleted, which this does."""
    try:
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError:
        return False
    if status != "ROLLBACK_COMPLETE":
        return status != "DELETE_COMPLETE"
    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    return False


def _finished(cloudformation: "CloudFormationClient", stack: str) -> "StackTypeDef":
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = described["StackStatus"]
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            return described
        if not status.endswith("IN_PROGRESS") or time.monotonic() > deadline:
            raise DeployError(f"stack {stack} is {status}: {_reasons(cloudformation, stack)}")
        time.sleep(0.05)


def _reasons(cloudformation: "CloudFormationClient", stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("FAILED")]
    lines = [f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', 'no reason given')}" for each in failed]
    return "; ".join(lines) or "no resource says why"


def _outputs(stack: "StackTypeDef") -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
