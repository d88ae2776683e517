"""Builders of what a local AWS is given in tests, and how to wait for what it does."""

import io
import json
import re
import tarfile
import uuid
from pathlib import Path
from typing import Any

import boto3
from tests.waiting import wait_for

from traindrop.bundle import bundle_of_ours
from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.settings import ACCESS_KEY, SECRET_KEY, LocalSettings

BUCKET = "local-tests"
ROLE = "arn:aws:iam::000000000000:role/training"
TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
SETTINGS = LocalSettings(
    retry_seconds=0.05, stop_grace=2, quotas={"ml.p3.2xlarge": 0, "ml.c5.xlarge": 1}, concurrent_jobs=2
)


def client(local: LocalAws, service: Any, **credentials: Any) -> Any:
    """A boto3 client; as the account's root unless credentials are given."""
    given = credentials or {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    make: Any = boto3.client
    return make(service, endpoint_url=local.endpoint_url, region_name="us-east-1", **given)


def make_role(local: LocalAws, name: str, actions: list[str], trust: dict[str, Any]) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam = client(local, "iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=policy)
    return f"arn:aws:iam::000000000000:role/{name}"


def upload_script(local: LocalAws, script: str) -> str:
    """Bundle the script as train.py; returns the S3 URI for sagemaker_submit_directory."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("train.py")
        info.size = len(script.encode())
        tar.addfile(info, io.BytesIO(script.encode()))
    return _put_code(local, buffer.getvalue())


def upload_bundle(local: LocalAws, framework: str) -> str:
    """The bundle of a training script of ours; returns its S3 URI."""
    return _put_code(local, bundle_of_ours(Path(__file__).parents[3] / "training_scripts" / framework).body)


def _put_code(local: LocalAws, archive: bytes) -> str:
    key = f"code/{uuid.uuid4().hex}/sourcedir.tar.gz"
    client(local, "s3").put_object(Bucket=BUCKET, Key=key, Body=archive)
    return f"s3://{BUCKET}/{key}"


def a_request(code: str = f"s3://{BUCKET}/code/none/sourcedir.tar.gz", **changes: Any) -> dict[str, Any]:
    """A valid CreateTrainingJob request under a name of its own."""
    train = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/datasets/toy/train/my data+1.csv"}
    return {
        "TrainingJobName": f"toy-{uuid.uuid4().hex[:12]}",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": "validation-auc=([0-9.eE+-]+)"}],
        },
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": json.dumps(code),
            "max_depth": "3",
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": train}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/runs"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **changes,
    }


def finished(local: LocalAws, name: str) -> dict[str, Any]:
    """The job's description once it is over."""

    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = client(local, "sagemaker").describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return wait_for(look)


def start(local: LocalAws, script: str, hyperparameters: dict[str, str] | None = None, **changes: Any) -> str:
    """Start a job of the script, given as its text or as the S3 URI of its bundle; returns its name."""
    code = script if script.startswith("s3://") else upload_script(local, script)
    request = a_request(code, **changes)
    request["HyperParameters"] |= hyperparameters or {}
    client(local, "sagemaker").create_training_job(**request)
    return str(request["TrainingJobName"])


def train(local: LocalAws, script: str, **changes: Any) -> dict[str, Any]:
    """The description of a job of the script that is over."""
    return finished(local, start(local, script, **changes))


def packed_files(local: LocalAws, key: str) -> dict[str, bytes]:
    """What an artifact holds, by name; folders are empty."""
    body = client(local, "s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        files = [(member.name, tar.extractfile(member)) for member in tar]
        return {name: file.read() if file else b"" for name, file in files}


def log_lines(local: LocalAws, job: str, host: str = "algo-1") -> list[str]:
    """The lines of one host of the job."""
    logs, group = client(local, "logs"), "/aws/sagemaker/TrainingJobs"
    try:
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/{host}-")["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    assert all(re.fullmatch(rf"{job}/{host}-\d+", stream["logStreamName"]) for stream in streams)
    names = [stream["logStreamName"] for stream in streams]
    events = logs.filter_log_events(logGroupName=group, logStreamNames=names)["events"] if names else []
    return [event["message"] for event in events]
