"""The one module, beside the ledger, that talks to AWS. Clients are made on first use and kept."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeVar, overload

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from traindrop.clock import now
from traindrop.events import DetailType, MessageSent, RunChanged, TrainingJob, Upload
from traindrop.places import Places

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectTypeDef
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sns import SNSClient

# "You can create a copy of your object up to 5 GB in size in a single atomic action" (CopyObject, API reference).
MAX_COPY = 5 * 1024**3
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_Found = TypeVar("_Found")


@overload
def client(name: Literal["s3"]) -> "S3Client": ...
@overload
def client(name: Literal["sagemaker"]) -> "SageMakerClient": ...
@overload
def client(name: Literal["events"]) -> "EventBridgeClient": ...
@overload
def client(name: Literal["sns"]) -> "SNSClient": ...
@overload
def client(name: Literal["logs"]) -> "CloudWatchLogsClient": ...
@overload
def client(name: Literal["lambda", "sts", "secretsmanager"]) -> Any: ...
@cache
def client(name: Any) -> Any:
    """The boto3 client of a service. Lambda gives each function a role; nothing is configured here."""
    # "standard" backs off when throttled; CreateTrainingJob is throttled at a few calls a second
    # (aws/sagemaker-python-sdk issue 645).
    return boto3.client(name, config=Config(retries={"mode": "standard", "max_attempts": 5}))


def error_code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def error_message(error: ClientError) -> str:
    return error.response["Error"].get("Message", str(error))


_MISSING = {"NoSuchKey", "404", "NoSuchVersion"}


def _opened(bucket: str, key: str, **more: Any) -> "GetObjectOutputTypeDef | None":
    try:
        return client("s3").get_object(Bucket=bucket, Key=key, **more)
    except ClientError as error:
        if error_code(error) in _MISSING:
            return None
        raise


@dataclass(frozen=True)
class Object:
    body: bytes
    metadata: Mapping[str, str]
    version_id: str | None


def read_object(bucket: str, key: str, *, max_bytes: int, version_id: str | None = None) -> Object | None:
    """At most `max_bytes` + 1 bytes of an object; None where there is no object."""
    found = _opened(bucket, key, **({"VersionId": version_id} if version_id else {}))
    if found is None:
        return None
    return Object(found["Body"].read(max_bytes + 1), found["Metadata"], found.get("VersionId"))


def read_json(bucket: str, key: str) -> dict[str, Any] | None:
    """An object of ours; None where it is not there."""
    found = _opened(bucket, key)
    return None if found is None else json.loads(found["Body"].read())


def read_start(bucket: str, key: str, version_id: str | None, *, max_bytes: int) -> bytes | None:
    """The first `max_bytes` of an object, by a ranged read; None where there is no such object."""
    version = {"VersionId": version_id} if version_id else {}
    try:
        found = _opened(bucket, key, Range=f"bytes=0-{max_bytes - 1}", **version)
    except ClientError as error:
        if error_code(error) == "InvalidRange":  # an empty object has no first byte
            return b""
        raise
    # Bounded here too: not every S3 heeds a range together with a version.
    return None if found is None else found["Body"].read(max_bytes)


def download(bucket: str, key: str, version_id: str | None, to: IO[bytes]) -> bool:
    """Copy an object into the open file `to`; False where there is none."""
    found = _opened(bucket, key, **({"VersionId": version_id} if version_id else {}))
    if found is None:
        return False
    for block in found["Body"].iter_chunks(1024 * 1024):
        to.write(block)
    to.flush()
    return True


def byte_range(bucket: str, key: str, etag: str, start: int, length: int) -> bytes:
    """Bytes of an object, fewer at its end. Raises `ClientError` (PreconditionFailed) where it has changed."""
    found = client("s3").get_object(
        Bucket=bucket, Key=key, IfMatch=f'"{etag}"', Range=f"bytes={start}-{start + length - 1}"
    )
    return found["Body"].read()


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The key of every object under `prefix`."""
    return (entry["Key"] for entry in _listed(bucket, prefix))


def _listed(bucket: str, prefix: str) -> "Iterator[ObjectTypeDef]":
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def newest_csv(bucket: str, prefix: str) -> Upload | None:
    """The CSV file under `prefix` that was written last; None where there is none."""
    found = [entry for entry in _listed(bucket, prefix) if entry["Key"].lower().endswith(".csv")]
    newest = max(found, key=lambda entry: (entry["LastModified"], entry["Key"]), default=None)
    return None if newest is None else stored(bucket, newest["Key"])


def stored(bucket: str, key: str) -> Upload | None:
    """What lies under a key; None where nothing does."""
    try:
        head = client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in _MISSING:
            return None
        raise
    return Upload(
        bucket=bucket,
        key=key,
        size=head["ContentLength"],
        etag=head["ETag"].strip('"'),
        version_id=head.get("VersionId"),
        uploaded_at=head["LastModified"],
    )


def put(bucket: str, key: str, body: bytes, content_type: str) -> None:
    client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def upload(bucket: str, key: str, path: Path, content_type: str) -> None:
    """A file of any size, in parts where it is large."""
    client("s3").upload_file(str(path), bucket, key, ExtraArgs={"ContentType": content_type})


def put_json(bucket: str, key: str, content: dict[str, Any]) -> None:
    put(bucket, key, json.dumps(content, indent=2).encode(), "application/json")


def copy(bucket: str, key: str, version_id: str | None, to: str, *, size: int) -> bool:
    """Copy one version of an object of `size` bytes within the bucket; False where it is not there."""
    source: Any = {"Bucket": bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})
    # Tags are not copied: reading them would take a permission of its own.
    tags: Any = {"TaggingDirective": "REPLACE"}
    try:
        if size <= MAX_COPY:
            client("s3").copy_object(CopySource=source, Bucket=bucket, Key=to, **tags)
        else:
            client("s3").copy(source, bucket, to, ExtraArgs=tags)  # in parts
    except ClientError as error:
        if error_code(error) in _MISSING:
            return False
        raise
    return True


def exists(bucket: str, key: str) -> bool:
    try:
        client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in _MISSING:
            return False
        raise
    return True


# "Role chaining limits your AWS CLI or AWS API role session to a maximum of one hour."
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (Role chaining)
LINK_SECONDS = 3600


def places(bucket: str, keys_wanted: Iterable[str], role_arn: str) -> Places:
    """Which of the objects are there, and a link to each that works for an hour, signed as the role `role_arn`.

    A link ends with the session that signed it, whatever it says itself. When Lambda's own session ends nobody is
    told; so a session of a role that may read nothing but such objects is opened, and its end is the links' end.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
    """
    session = client("sts").assume_role(
        RoleArn=role_arn, RoleSessionName="links", DurationSeconds=LINK_SECONDS
    )["Credentials"]  # fmt: skip
    # Version 4 alone signs for a bucket with a key of KMS's. And botocore would sign for the global endpoint, which
    # redirects to the region's, where the signature is wrong: so the endpoint is named.
    s3 = boto3.client(
        "s3",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(signature_version="s3v4"),
        endpoint_url=client("s3").meta.endpoint_url,
    )
    found = [key for key in keys_wanted if _is_listed(s3, bucket, key)]
    seconds = int((session["Expiration"] - now()).total_seconds())
    links = {
        key: s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds)
        for key in found
    }
    return Places(frozenset(found), links, session["Expiration"])


def _is_listed(s3: "S3Client", bucket: str, key: str) -> bool:
    """Whether there is an object: by its name, for who may list it and not read it."""
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", [])
    return any(entry["Key"] == key for entry in listed)


def create_training_job(request: dict[str, Any]) -> None:
    client("sagemaker").create_training_job(**request)


def described(name: str) -> Mapping[str, Any]:
    """A training job as DescribeTrainingJob answers."""
    return client("sagemaker").describe_training_job(TrainingJobName=name)


def describe_training_job(name: str) -> TrainingJob:
    return TrainingJob.model_validate(described(name))


def find_training_job(name: str) -> TrainingJob | None:
    """The training job of that name; None where there is none, or none any more."""
    return _if_there(describe_training_job, name)


def find_described(name: str) -> Mapping[str, Any] | None:
    """`described`; None where there is no such job, or none any more."""
    return _if_there(described, name)


def _if_there(describe: Callable[[str], _Found], name: str) -> _Found | None:
    try:
        return describe(name)
    except ClientError as error:
        # Of a training job "Requested resource not found." comes as a ValidationException.
        is_missing = error_code(error) == "ValidationException" and "not found" in error_message(error).lower()
        if is_missing or error_code(error) == "ResourceNotFound":
            return None
        raise


def stop_training_job(name: str) -> None:
    """Ask SageMaker to stop a job. One that has ended already stays as it is."""
    try:
        client("sagemaker").stop_training_job(TrainingJobName=name)
    except ClientError as error:
        if error_code(error) != "ValidationException":
            raise


def job_tag(name: str, key: str) -> str | None:
    """The value of a tag of a training job; None where it has no such tag."""
    return tag_of(described(name)["TrainingJobArn"], key)


def tag_of(arn: str, key: str) -> str | None:
    """The value of a tag of a resource of SageMaker's; None where it has no such tag."""
    pages = client("sagemaker").get_paginator("list_tags").paginate(ResourceArn=arn)
    return next((tag["Value"] for page in pages for tag in page["Tags"] if tag["Key"] == key), None)


def create_tuning_job(request: dict[str, Any]) -> None:
    client("sagemaker").create_hyper_parameter_tuning_job(**request)


def described_tuning(name: str) -> Mapping[str, Any]:
    """A tuning job as DescribeHyperParameterTuningJob answers."""
    return client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def find_tuning_job(name: str) -> Mapping[str, Any] | None:
    """`described_tuning`; None where there is no such job, or none any more."""
    return _if_there(described_tuning, name)


def stop_tuning_job(name: str) -> None:
    """Ask SageMaker to stop a tuning job and the training jobs that it launched. One that has ended stays as it is."""
    try:
        client("sagemaker").stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    except ClientError as error:
        if error_code(error) != "ValidationException":
            raise


def children_of_tuning(name: str) -> list[Mapping[str, Any]]:
    """The training jobs that a tuning job launched, as ListTrainingJobsForHyperParameterTuningJob lists them."""
    pages = client("sagemaker").get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    found = pages.paginate(HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending")
    return [child for page in found for child in page["TrainingJobSummaries"]]


def create_model_package_group(request: dict[str, Any]) -> None:
    """One that is there already stays as it is."""
    try:
        client("sagemaker").create_model_package_group(**request)
    except ClientError as error:
        # "Model Package Group already exists": of which code the documentation does not say.
        if "already exist" not in error_message(error).lower():
            raise


def create_model_package(request: dict[str, Any]) -> str:
    """The ARN of a version of a model package group; the same for the same ClientToken."""
    return str(client("sagemaker").create_model_package(**request)["ModelPackageArn"])


def invoke(function: str, payload: Mapping[str, Any]) -> None:
    """Put an event into the queue of a Lambda function.

    Raises `RuntimeError` where that failed: it may be there all the same.
    """
    try:
        client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload))
    except ClientError as error:
        raise RuntimeError(f"{function} could not be invoked: {error}") from error


def emit(stack: str, detail_type: DetailType, detail: RunChanged) -> None:
    """Put one event of ours on the default bus. Raises `RuntimeError` where EventBridge did not take it."""
    _put_event(stack, detail_type, detail.model_dump_json(exclude_none=True))


def emit_message(stack: str, message: MessageSent) -> None:
    """Put the event that a message went out on the default bus, for who forwards it."""
    _put_event(stack, "Message Sent", message.model_dump_json())


def secret(arn: str) -> str:
    """The current value of a secret of Secrets Manager's."""
    return str(client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])


def emit_state_change(stack: str, detail: str) -> None:
    """Put a training job's state on the bus in the shape of AWS's own event, from our own source."""
    _put_event(stack, "SageMaker Training Job State Change", detail)


def emit_tuning_change(stack: str, detail: str) -> None:
    """Put a tuning job's state on the bus in the shape of AWS's own event, from our own source."""
    _put_event(stack, "SageMaker HyperParameter Tuning Job State Change", detail)


def _put_event(stack: str, detail_type: str, detail: str) -> None:
    entry: Any = {"Source": f"traindrop.{stack}", "DetailType": detail_type, "Detail": detail}
    answer = client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"EventBridge did not take {detail_type!r}: {json.dumps(answer['Entries'])}")


def publish(topic_arn: str, subject: str, body: str, attributes: Mapping[str, str]) -> None:
    client("sns").publish(
        TopicArn=topic_arn,
        Subject=subject,
        Message=body,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )


def last_log_lines(job: str, count: int) -> list[str]:
    """The last lines that the training job wrote, of several instances each its share; none where it wrote no log."""
    names = _log_streams(job)
    share = max(1, count // len(names)) if names else 0
    found: list[str] = []
    for name in names[:count]:
        page = client("logs").get_log_events(
            logGroupName=LOG_GROUP, logStreamName=name, limit=share, startFromHead=False
        )
        lines = [line for event in page["events"] for line in event["message"].splitlines()][-share:]
        found += lines if len(names) == 1 else [f"{_host(name)}: {line}" for line in lines]
    return found


def _host(stream: str) -> str:
    """The instance that a log stream is of (`<job>/algo-2-<time>`)."""
    return stream.rpartition("/")[2].rpartition("-")[0]


def _log_streams(job: str) -> list[str]:
    """The names of a job's log streams, sorted; none before the account's first job, which makes the log group."""
    try:
        found = client("logs").describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job}/")
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return []
        raise
    return sorted(stream["logStreamName"] for stream in found["logStreams"])


def follow_log(job: str, seen: dict[str, str]) -> Iterator[str]:
    """The job's log lines since the last call with the same `seen` (tokens by stream, kept by the caller)."""
    logs = client("logs")
    for name in _log_streams(job):
        while True:
            token: Any = {"nextToken": seen[name]} if name in seen else {}
            page = logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=name, startFromHead=True, **token)
            for event in page["events"]:
                yield from event["message"].splitlines()
            # At the end of a stream the token that was sent comes back.
            if seen.get(name) == page["nextForwardToken"] or not page["events"]:
                break
            seen[name] = page["nextForwardToken"]
