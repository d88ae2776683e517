"""What the ModelTrainer of SDK v3 sends as CreateTrainingJob, for jobs without a script.

With a script it uploads a driver of its own and has the container start that, in place of the image's own toolkit.
Run by `tests.oracle.sdk_environment.ask` as estimators.py is, with the same questions.
"""

import json
import os
import re
import sys
from typing import Any

from offline import prepare, recorded, session_of
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import CheckpointConfig
from sagemaker.core.training.configs import Compute, InputData, StoppingCondition, Tag
from sagemaker.train import ModelTrainer


def request(asked: dict[str, Any]) -> dict[str, Any]:
    session = session_of(Session, asked["region"])
    trainer = ModelTrainer(sagemaker_session=session, base_job_name=asked["job_name"], **settings(asked))
    found = recorded(lambda: trainer.train(inputs(asked), wait=False))
    # It adds the time to every name, which would make each recording another one.
    return {**found, "TrainingJobName": re.sub(r"-\d{14}$", "", found["TrainingJobName"])}


def settings(asked: dict[str, Any]) -> dict[str, Any]:
    """v2's arguments under v3's names."""
    given = asked["arguments"]
    image = asked["image"] and image_uris.retrieve(region=asked["region"], image_scope="training", **asked["image"])
    times = renamed(given, max_run="max_runtime_in_seconds", max_wait="max_wait_time_in_seconds")
    compute = renamed(given, instance_type="instance_type", instance_count="instance_count")
    compute |= renamed(given, volume_size="volume_size_in_gb", use_spot_instances="enable_managed_spot_training")
    checkpoints = renamed(given, checkpoint_s3_uri="s3_uri")
    return {
        "training_image": image or given["image_uri"],
        "compute": Compute(**compute),
        "stopping_condition": StoppingCondition(**times) if times else None,
        "checkpoint_config": CheckpointConfig(**checkpoints) if checkpoints else None,
        "tags": [Tag(key=each["Key"], value=each["Value"]) for each in given["tags"]] if "tags" in given else None,
        **renamed(given, role="role", hyperparameters="hyperparameters", environment="environment"),
    }


def renamed(given: dict[str, Any], **names: str) -> dict[str, Any]:
    return {new: given[old] for old, new in names.items() if old in given}


def inputs(asked: dict[str, Any]) -> list[InputData]:
    return [
        InputData(channel_name=channel, data_source=uri, content_type="text/csv")
        for channel, uri in asked["channels"].items()
    ]


if __name__ == "__main__":
    prepare()
    os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"  # it would ask IAM
    answer = {name: request(asked) for name, asked in json.load(sys.stdin).items()}
    print(json.dumps(answer))  # the last line is the answer
