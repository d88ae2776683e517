"""Small real things that tests are built from."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from traindrop.job import Job
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop.tuning_state import TuningState

# The account that the samples in events/ are of.
ACCOUNT = "111122223333"

# Two numbers and a label that they decide: 60 rows, 3 columns.
CSV = b"length,width,species\n" + b"".join(
    f"{n % 7}.5,{n % 5},{'rose' if n % 7 > 3 else 'tulip'}\n".encode() for n in range(60)
)


def a_context(account: str = ACCOUNT, *, seconds: float = 900) -> LambdaContext:
    """What Lambda tells a function of itself, as far as our handlers look at it; `seconds` are left to it."""
    context = LambdaContext()
    context._memory_limit_in_mb = 1769
    context.get_remaining_time_in_millis = lambda: int(seconds * 1000)  # type: ignore[method-assign]
    context._invoked_function_arn = f"arn:aws:lambda:us-east-1:{account}:function:traindrop-Launcher-AbCdEf123456"
    return context


def client_error(operation: str, code: str, message: str) -> ClientError:
    """An error as botocore raises it for a service's answer."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def classic_event(bucket: str, encoded_keys: list[str], body: bytes) -> dict[str, Any]:
    """A classic S3 notification of several uploads of the same bytes."""
    return {
        "Records": [
            {
                "eventTime": "2026-11-12T00:00:00.000Z",
                "s3": {
                    "bucket": {"name": bucket},
                    "object": {"key": key, "size": len(body), "eTag": f"etag-of-{key}"},
                },
            }
            for key in encoded_keys
        ]
    }


def a_job(**changes: Any) -> Job:
    """What a training job request is made of: a binary target of the dataset flowers, with a test file."""
    job = Job(
        run="traindrop-flowers-0123456789ab",
        stack="traindrop",
        dataset="flowers",
        bucket="traindrop-dropbucket-1a2b3c4d",
        train_key="datasets/flowers/train/flowers.csv",
        test_key="datasets/flowers/test/held_out.csv",
        bundle_key="code/0f1e2d/sourcedir.tar.gz",
        target="species",
        task="binary",
        role_arn="arn:aws:iam::123456789012:role/traindrop-TrainingRole-1A2B3C4D5E6F",
        region="us-east-1",
        owner="research",
    )
    return replace(job, **changes)


def a_run(**changes: Any) -> Run:
    """A run of the dataset flowers that waits to be launched."""
    moment = datetime(2026, 11, 12, tzinfo=UTC)
    run = Run(
        run="traindrop-flowers-0123456789ab",
        dataset="flowers",
        status=Status.WAITING,
        created_at=moment,
        uploaded_at=moment,
        bucket="traindrop-dropbucket-1a2b3c4d",
        key="datasets/flowers/train/flowers.csv",
        etag="b1946ac92492d2347c6235b4d2611184",
        size=1024,
    )
    return run.model_copy(update=changes)


def tuning_requests(
    job: str = "traindrop-flowers-0123456789ab",
    *,
    max_jobs: int = 4,
    max_parallel: int = 2,
    direction: str = "Maximize",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A CreateHyperParameterTuningJob request that searches eta, and the CreateTrainingJob one of the defaults."""
    script = {"sagemaker_program": '"train.py"', "target": '"species"', "num_round": "3"}
    definition: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:auc", "Regex": r"validation-auc:([0-9.]+)"}],
        },
        "RoleArn": "arn:aws:iam::123456789012:role/traindrop-TrainingRole-1A2B3C4D5E6F",
        "OutputDataConfig": {"S3OutputPath": f"s3://traindrop-dropbucket-1a2b3c4d/runs/{job}/trials"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    }
    stack = {"Key": "traindrop:stack", "Value": "traindrop"}
    searched = {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5", "ScalingType": "Linear"}
    tuning: dict[str, Any] = {
        "HyperParameterTuningJobName": job,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": direction, "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": max_jobs, "MaxParallelTrainingJobs": max_parallel},
            "ParameterRanges": {"ContinuousParameterRanges": [searched]},
        },
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": script},
        "Tags": [stack, {"Key": "traindrop:trial", "Value": "true"}],
    }
    defaults: dict[str, Any] = {
        "TrainingJobName": f"{job}-defaults",
        **definition,
        "HyperParameters": {**script, "eta": "0.3"},
        "Tags": [stack],
    }
    return tuning, defaults


def a_tuning(**asked: Any) -> TuningState:
    """A tuning whose trials Lambda functions train, before its first step; `asked`: as of `tuning_requests`."""
    request, defaults = tuning_requests(**asked)
    moment = datetime(2026, 11, 30, 11, tzinfo=UTC)
    return TuningState(
        request=request, defaults=defaults, account="123456789012", region="us-east-1", partition="aws",
        created_at=moment, modified_at=moment,
    )  # fmt: skip


def stored(ledger: Ledger, run: Run) -> Run:
    """Accept a run, as the answer to an upload of its own; the run. Fails where it is there already."""
    assert ledger.accept(run, f"upload of {run.run}", run.created_at)
    return run
