"""The CreateTrainingJob request of a run: a pure function of what was dropped and asked for."""

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from traindrop.config import TrainingConfig
from traindrop.images import xgboost_image

# What `auto` means until there is a measured rule: the smallest current general-purpose type
# with 8 GB, which holds files up to about a gigabyte.
AUTO_INSTANCE_TYPE = "ml.m5.large"

# The script prints `[12] train-logloss=0.31 validation-logloss=0.42`, one line a round.
_METRICS = {
    "binary": ("logloss", "auc", "error"),
    "multiclass": ("mlogloss", "merror"),
    "regression": ("rmse", "mae"),
}
# Tag values: letters, numbers, spaces and _ . : / = + - @ (AWS tag restrictions).
_NO_TAG = re.compile(r"[^\w\s.:/=+\-@]")


@dataclass(frozen=True)
class Job:
    """What a request is made of, beside the config. Keys are in `bucket`; `target` and `task` are resolved."""

    run: str
    stack: str
    dataset: str
    bucket: str
    train_key: str
    test_key: str | None
    bundle_key: str
    target: str
    task: str
    role_arn: str
    region: str
    owner: str


def instance_type(config: TrainingConfig) -> str:
    return AUTO_INSTANCE_TYPE if config.instance_type == "auto" else config.instance_type


def training_job_request(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """Keyword arguments of `create_training_job`, complete: nothing is left to SageMaker's defaults that costs.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
    Raises `LaunchRefused` where the region has no image.
    """
    return {
        "TrainingJobName": job.run,
        "RoleArn": job.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": xgboost_image(job.region, config.framework_version),
            "TrainingInputMode": "File",
            "MetricDefinitions": _metric_definitions(job.task),
        },
        "HyperParameters": _hyperparameters(job, config),
        "InputDataConfig": [
            _channel(name, job.bucket, key) for name, key in (("train", job.train_key), ("test", job.test_key)) if key
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{job.bucket}/runs"},
        "ResourceConfig": {
            "InstanceType": instance_type(config),
            "InstanceCount": config.instance_count,
            "VolumeSizeInGB": config.volume_size_in_gb,
        },
        # SageMaker's own default is a whole day.
        "StoppingCondition": {"MaxRuntimeInSeconds": config.max_runtime},
        "EnableInterContainerTrafficEncryption": True,
        "ProfilerConfig": {"DisableProfiler": True},
        "Tags": _tags(job, config),
    }


def for_job(request: dict[str, Any], name: str) -> dict[str, Any]:
    """The request under the name of a further attempt: SageMaker takes a name once, also of a job that failed."""
    hyperparameters = {**request["HyperParameters"], "sagemaker_job_name": json.dumps(name)}
    return {**request, "TrainingJobName": name, "HyperParameters": hyperparameters}


def _hyperparameters(job: Job, config: TrainingConfig) -> dict[str, str]:
    values: dict[str, Any] = {
        **config.hyperparameters,
        # S3Prefix brings every object whose key begins like this one's; these name the one that counts.
        "train": PurePosixPath(job.train_key).name,
        **({"test": PurePosixPath(job.test_key).name} if job.test_key else {}),
        "target": job.target,
        "task": job.task,
        "drop": json.dumps(config.drop),
        "seed": config.seed,
        "validation_fraction": config.validation_fraction,
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": f"s3://{job.bucket}/{job.bundle_key}",
        "sagemaker_region": job.region,
        "sagemaker_job_name": job.run,
        "sagemaker_container_log_level": 20,
    }
    return {name: json.dumps(value) for name, value in values.items()}


def _channel(name: str, bucket: str, key: str) -> dict[str, Any]:
    # S3Prefix with the whole key: this one object, never the folder with all that was dropped before.
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{bucket}/{key}",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {
        "ChannelName": name,
        "ContentType": "text/csv",
        "InputMode": "File",
        "DataSource": {"S3DataSource": source},
    }


def _metric_definitions(task: str) -> list[dict[str, str]]:
    metrics = _METRICS.get(task) or sum(_METRICS.values(), ())
    return [
        {"Name": f"{part}:{metric}", "Regex": rf"\b{part}-{metric}=([0-9.eE+-]+)"}
        for part in ("train", "validation")
        for metric in metrics
    ]


def _tags(job: Job, config: TrainingConfig) -> list[dict[str, str]]:
    tags = {
        **config.tags,
        "traindrop:project": "traindrop",
        "traindrop:stack": job.stack,
        "traindrop:dataset": _NO_TAG.sub("_", job.dataset),
        "traindrop:run": job.run,
        "traindrop:owner": job.owner,
    }
    return [{"Key": key, "Value": value[:256]} for key, value in tags.items()]
