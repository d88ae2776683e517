"""The HyperParameters of a training job: texts of at most 2,500 characters, which a container decodes in its own way.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html (HyperParameters)
"""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from traindrop.config import TrainingConfig
from traindrop.confinement import CODE_IN_CHANNEL
from traindrop.errors import Rejected
from traindrop.job import Job

MOST, LONGEST_NAME, LONGEST_VALUE = 100, 256, 2500
_LOG_LEVEL = 20  # INFO, as the SDK sets it
# Taken by the toolkit, which reads them from the same place.
_RESERVED = "sagemaker_"


def job_hyperparameters(job: Job, config: TrainingConfig) -> dict[str, str]:
    """Raises Rejected for what SageMaker would refuse, or would take for its own."""
    _check_names(config.hyperparameters)
    if job.algorithm_hyperparameters is not None:
        found = dict(job.algorithm_hyperparameters)
    elif job.entry_point is None:
        found = {name: plain(value) for name, value in config.hyperparameters.items()}
    else:
        values = (
            config.hyperparameters if job.own_script else {**config.hyperparameters, **_of_our_scripts(job, config)}
        )
        found = {name: json.dumps(value) for name, value in {**values, **_of_script_mode(job)}.items()}
    _check_limits(found)
    return found


def plain(value: object) -> str:
    """As an algorithm without script mode reads it: 0.1, 5, binary:logistic, true."""
    return value if isinstance(value, str) else json.dumps(value)


def _of_our_scripts(job: Job, config: TrainingConfig) -> dict[str, Any]:
    shared = (
        {} if config.distribution is None or config.framework != "pytorch" else {"distribution": config.distribution}
    )
    return {
        # S3Prefix brings every object whose key begins like this one's; these name the one that counts.
        "train": PurePosixPath(job.train_key).name,
        **({"test": PurePosixPath(job.test_key).name} if job.test_key else {}),
        "target": job.target,
        "task": job.task,
        # Twice: the toolkit decodes once, and hands over what it finds as Python writes it.
        "drop": json.dumps(config.drop),
        "seed": config.seed,
        "validation_fraction": config.validation_fraction,
        **shared,
    }


def _of_script_mode(job: Job) -> dict[str, Any]:
    return {
        "sagemaker_program": job.entry_point,
        "sagemaker_submit_directory": CODE_IN_CHANNEL
        if job.confinement.isolated
        else f"s3://{job.bucket}/{job.bundle_key}",
        "sagemaker_region": job.region,
        "sagemaker_job_name": job.run,
        "sagemaker_container_log_level": _LOG_LEVEL,
    }


def _check_names(given: Mapping[str, Any]) -> None:
    taken = [name for name in given if name.startswith(_RESERVED)]
    if taken:
        raise Rejected(
            f"training.yaml: hyperparameters.{taken[0]}: names that begin with {_RESERVED} are SageMaker's own. Rename "
            "it."
        )


def _check_limits(found: Mapping[str, str]) -> None:
    if len(found) > MOST:
        raise Rejected(
            f"training.yaml: hyperparameters: found {len(found)}, those that traindrop adds among them; SageMaker "
            f"takes {MOST}. Put some of them into a file beside the script."
        )
    for name, value in found.items():
        if not 0 < len(name) <= LONGEST_NAME or len(value) > LONGEST_VALUE:
            raise Rejected(
                f"training.yaml: hyperparameters.{name[:80]}: found {len(value):,} characters under a name of "
                f"{len(name)}; SageMaker takes values of at most {LONGEST_VALUE:,} and names of 1 to {LONGEST_NAME}. "
                "A column list that long (drop) is better left out of the file itself."
            )
