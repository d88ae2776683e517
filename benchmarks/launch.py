"""From nothing to the CreateTrainingJob request, in a cold process: ours, boto3 alone, the SageMaker SDK v2 and v3.

    python -m benchmarks.launch --runs 5

Seconds until a SageMaker on the loopback is asked; the processor time and the peak memory are those of the whole
process. Ours does more: it checks the file, records the run and copies its input, for which the local AWS answers; what
it waits for that is in its seconds and not in its processor time. Writes benchmarks/results/launch.*. The exit status
is 1 where a goal is not met.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import boto3
from benchmarks.processes import ROOT, Command, Used, alternating, python, run, without
from benchmarks.results import Goal, Measured, Results, ratio
from benchmarks.stub_sagemaker import Stub, stub_sagemaker
from benchmarks.written import finish

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.settings import ACCOUNT, LocalSettings
from traindrop_cli.local.template import read_template

CASE = "cold process to CreateTrainingJob"
OURS, BOTO3, SDK2, SDK3 = "our launcher", "boto3 alone", "SageMaker SDK v2", "SageMaker SDK v3"
MOST = 0.12
BUCKET, TABLE = "traindrop-benchmark", "traindrop-benchmark-runs"
CSV = b"length,width,species\n" + b"".join(b"%d.5,%d,%s\n" % (n % 7, n % 5, (b"a", b"b")[n % 2]) for n in range(200))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
REQUEST: dict[str, Any] = {
    "TrainingJobName": "benchmark",
    "AlgorithmSpecification": {
        "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
        "TrainingInputMode": "File",
    },
    "RoleArn": ROLE,
    "HyperParameters": {"num_round": "100", "objective": "binary:logistic"},
    "OutputDataConfig": {"S3OutputPath": "s3://benchmark-bucket/output"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.launch", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", dest="runs", action="store_const", const=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="traindrop-launch-") as name:
        results = measure(Path(name), options.runs)
    return finish(results, {CASE: SDK3})


WAYS = frozenset({OURS, BOTO3, SDK2, SDK3})


def measure(folder: Path, runs: int, only: Set[str] = WAYS) -> Results:
    told = [why for sdk in (2, 3) if (why := without(ROOT / f".venv-oracle{sdk}", f"the SDK v{sdk}", "oracle"))]
    with stub_sagemaker() as stub, LocalAws.start(LocalSettings(enforce_iam=False)) as aws:
        _make_account(aws)
        # The first of each reads what is not in the machine's page cache yet.
        ways = {way: once for way, once in _ways(folder, stub, aws) if way in only}
        alternating(ways, 1)
        used = alternating(ways, runs)
    measured = [Measured(CASE, 1, way, used[way]) for way in ways]
    results = Results("launch", measured, (), told)
    found = ratio(results.find(CASE, OURS), results.find(CASE, SDK3), "seconds")
    return replace(results, goals=[Goal(CASE, f"time, × {SDK3}", MOST, found)])


def _ways(folder: Path, stub: Stub, aws: LocalAws) -> Iterator[tuple[str, Callable[[], Used]]]:
    request = folder / "request.json"
    request.write_text(json.dumps(REQUEST), "utf-8")
    number = count()
    yield OURS, lambda: _until_asked(stub, _our_launch(folder, stub, aws, next(number)))
    variables = {**aws.environment, "AWS_ENDPOINT_URL": stub.url, "AWS_EC2_METADATA_DISABLED": "true"}
    yield BOTO3, partial(_until_asked, stub, python("benchmarks.launches.boto3_alone", request, environment=variables))
    for sdk, way in ((2, SDK2), (3, SDK3)):
        environment = ROOT / f".venv-oracle{sdk}"
        if without(environment, way, "oracle") is None:
            script = ROOT / "benchmarks" / "launches" / f"sdk{sdk}.py"
            more = {"SAGEMAKER_SUPPRESS_V2_WARNING": "1", "SAGEMAKER_VALIDATE_ROLE": "false"}
            command = Command([environment / "bin" / "python", script, request], variables | more)
            yield way, partial(_until_asked, stub, command)


def _until_asked(stub: Stub, command: Command) -> Used:
    stub.asked_at.clear()
    used = run(command)
    (asked_at,) = stub.asked_at
    return replace(used, seconds=asked_at - used.began)


def _our_launch(folder: Path, stub: Stub, aws: LocalAws, number: int) -> Command:
    """The handler on the event of an upload that was never seen before."""
    file = folder / f"event-{number}.json"
    file.write_text(json.dumps(_uploaded(aws, number)), "utf-8")
    variables = aws.environment | {
        "AWS_ENDPOINT_URL_SAGEMAKER": stub.url, "AWS_REGION": "us-east-1", "STACK": "traindrop", "TABLE": TABLE,
        "BUCKET": BUCKET, "STACK_ID": "benchmark", "TRAINING_ROLE_ARN": ROLE, "KMS_KEY_ARN": "",
        "TRAINING_SUBNETS": "", "TRAINING_SECURITY_GROUPS": "", "NETWORK_ISOLATION": "false",
        "AUTO_IN_LAMBDA": "false", "TRAINING_SCRIPTS": str(ROOT / "training_scripts"), "OWNER": "benchmark",
        "MAX_CONCURRENT_JOBS": "1000", "MAX_MONTHLY_COST_USD": "0", "TRAINER": "none", "LARGE_TRAINER": "none",
        "TUNER": "none",
    }  # fmt: skip
    return python("benchmarks.launches.ours", file, environment=variables)


def _uploaded(aws: LocalAws, number: int) -> dict[str, Any]:
    """The event that EventBridge would deliver for a file of its own dataset."""
    s3, prefix = _client(aws, "s3"), f"datasets/flowers-{number}"
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}/training.yaml", Body=b"target: species\ninstance_type: ml.m5.large\n")
    key = f"{prefix}/train/flowers.csv"
    answer = s3.put_object(Bucket=BUCKET, Key=key, Body=CSV)
    found = {"key": key, "size": len(CSV), "etag": answer["ETag"].strip('"'), "version-id": answer["VersionId"]}
    return {
        "source": "aws.s3", "detail-type": "Object Created", "account": ACCOUNT, "time": "2026-11-25T00:00:00Z",
        "detail": {"bucket": {"name": BUCKET}, "object": found},
    }  # fmt: skip


def _make_account(aws: LocalAws) -> None:
    """A bucket and the ledger's table, and none of the stack's rules: nobody else launches."""
    s3 = _client(aws, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    table: Mapping[str, Any] = read_template(ROOT / "template.yaml")["Resources"]["Runs"]["Properties"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    _client(aws, "dynamodb").create_table(TableName=TABLE, **{name: table[name] for name in kept})


def _client(aws: LocalAws, service: str) -> Any:
    variables = aws.environment
    return boto3.client(  # type: ignore[call-overload]
        service, endpoint_url=aws.endpoint_url, region_name="us-east-1",
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"], aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
