"""The CreateTrainingJob request of a run: a pure function of what was dropped and asked for."""

import json
import re
from typing import Any

from traindrop.config import TrainingConfig
from traindrop.confinement import CODE_CHANNEL
from traindrop.images import image
from traindrop.job import Job
from traindrop.job_hyperparameters import job_hyperparameters
from traindrop.lambda_limits import LAMBDA

# What `auto` means where nobody has decided (traindrop.placing): the smallest general-purpose type with 8 GB.
AUTO_INSTANCE_TYPE = "ml.m5.large"

# "Maximum valid value: 2,419,200 seconds (28 days)", of the maximum run time and so of what includes it.
MAX_WAIT = 28 * 86_400

# A line a round: `[12] train-logloss:0.31 validation-logloss:0.42`, with tabs; other scripts may have an equals sign.
METRICS = {
    "binary": ("logloss", "auc", "error"),
    "multiclass": ("mlogloss", "merror"),
    "regression": ("rmse", "mae"),
}
# Tag values: letters, numbers, spaces and _ . : / = + - @ (AWS tag restrictions).
_NO_TAG = re.compile(r"[^\w\s.:/=+\-@]")


def instance_type(config: TrainingConfig) -> str:
    """SageMaker's; with `lambda` the one that a run goes on to which met a limit of Lambda."""
    return AUTO_INSTANCE_TYPE if config.instance_type in {"auto", LAMBDA} else config.instance_type


def training_job_request(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """Keyword arguments of `create_training_job`, complete: nothing is left to SageMaker's defaults that costs.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
    Raises `LaunchRefused` where the region has no image, `Rejected` for a version or for hyperparameters that there
    cannot be.
    """
    channels = {"train": job.train_key, "validation": job.validation_key, "test": job.test_key}
    return {
        "TrainingJobName": job.run,
        "RoleArn": job.role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": _image(job, config),
            "TrainingInputMode": "File",
            **_metrics(job, config),
        },
        "HyperParameters": job_hyperparameters(job, config),
        "InputDataConfig": [
            *(_channel(name, job.bucket, key) for name, key in channels.items() if key),
            *_code_channel(job),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{job.bucket}/runs", **job.confinement.of_output()},
        "ResourceConfig": {
            "InstanceType": instance_type(config),
            "InstanceCount": config.instance_count,
            "VolumeSizeInGB": config.volume_size_in_gb,
            **({} if config.keep_alive is None else {"KeepAlivePeriodInSeconds": config.keep_alive}),
            **job.confinement.of_volume(instance_type(config)),
        },
        **job.confinement.of_network(),
        "EnableInterContainerTrafficEncryption": True,
        "ProfilerConfig": {"DisableProfiler": True},
        "Tags": tags_of(job, config),
        **_stopping(job, config),
        **({"Environment": config.environment} if config.environment else {}),
    }


def _metrics(job: Job, config: TrainingConfig) -> dict[str, Any]:
    # The image of XGBoost counts as an algorithm of SageMaker's, also where it runs a script: "You can't override the
    # metric definitions for Amazon SageMaker algorithms". It has its own, for the lines that XGBoost itself writes.
    own = config.framework in {"xgboost", "builtin-xgboost"}
    return {} if own else {"MetricDefinitions": metric_definitions(job.task)}


def _image(job: Job, config: TrainingConfig) -> str:
    if config.image_uri is not None:
        return config.image_uri
    return image(config.framework, config.framework_version, job.region, instance_type(config))


def _stopping(job: Job, config: TrainingConfig) -> dict[str, Any]:
    """When the job is stopped. SageMaker's own default is a whole day; spot jobs go on from their checkpoints."""
    condition = {"MaxRuntimeInSeconds": config.max_runtime}
    if not config.use_spot:
        return {"StoppingCondition": condition}
    return {
        "StoppingCondition": {**condition, "MaxWaitTimeInSeconds": longest_seconds(config)},
        "EnableManagedSpotTraining": True,
        # The run's, not the job's: a further attempt goes on where the last one was.
        "CheckpointConfig": {"S3Uri": f"s3://{job.bucket}/checkpoints/{job.run}", "LocalPath": "/opt/ml/checkpoints"},
    }


def longest_seconds(config: TrainingConfig) -> int:
    """After so many seconds a job has ended, spot capacity waited for."""
    if not config.use_spot:
        return config.max_runtime
    return min(config.max_wait if config.max_wait is not None else 2 * config.max_runtime, MAX_WAIT)


def for_job(request: dict[str, Any], name: str) -> dict[str, Any]:
    """The request under the name of a further attempt: SageMaker takes a name once, also of a job that failed."""
    if "TrainingJobDefinition" in request:
        definition = request["TrainingJobDefinition"]
        named = {**definition, "StaticHyperParameters": _renamed(definition["StaticHyperParameters"], name)}
        return {**request, "HyperParameterTuningJobName": name, "TrainingJobDefinition": named}
    return {**request, "TrainingJobName": name, "HyperParameters": _renamed(request["HyperParameters"], name)}


def _renamed(hyperparameters: dict[str, str], job: str) -> dict[str, str]:
    """With the name of the job, where the image's toolkit is told it."""
    found = "sagemaker_job_name"
    return {**hyperparameters, **({found: json.dumps(job)} if found in hyperparameters else {})}


def _channel(name: str, bucket: str, key: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "ContentType": "text/csv",
        "InputMode": "File",
        "DataSource": _object(bucket, key),
    }


def _code_channel(job: Job) -> list[dict[str, Any]]:
    """The script as data, where the container has no network to fetch it itself; SageMaker brings channels."""
    if not job.confinement.isolated or job.bundle_key is None:
        return []
    return [{"ChannelName": CODE_CHANNEL, "InputMode": "File", "DataSource": _object(job.bucket, job.bundle_key)}]


def _object(bucket: str, key: str) -> dict[str, Any]:
    # S3Prefix with the whole key: this one object, never the folder with all that was dropped before.
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{bucket}/{key}",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"S3DataSource": source}


def metric_definitions(task: str) -> list[dict[str, str]]:
    metrics = METRICS.get(task) or sum(METRICS.values(), ())
    return [
        {"Name": f"{part}:{metric}", "Regex": rf"\b{part}-{metric}[=:]([0-9.eE+-]+)"}
        for part in ("train", "validation")
        for metric in metrics
    ]


def tags_of(job: Job, config: TrainingConfig) -> list[dict[str, str]]:
    tags = {
        **config.tags,
        "traindrop:project": "traindrop",
        "traindrop:stack": job.stack,
        "traindrop:dataset": _NO_TAG.sub("_", job.dataset),
        "traindrop:run": job.run,
        "traindrop:owner": job.owner,
    }
    return [{"Key": key, "Value": value[:256]} for key, value in tags.items()]
