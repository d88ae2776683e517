"""What the Estimators of SDK v2 send as CreateTrainingJob.

Run by `tests.oracle.sdk_environment.ask` with questions by name (`tests.oracle.cases`); answers with their requests.
"""

import json
import sys
from importlib import import_module
from typing import Any

from offline import prepare, recorded, session_of
from sagemaker import Session, image_uris
from sagemaker.inputs import TrainingInput

MODULES = {
    "XGBoost": "sagemaker.xgboost",
    "SKLearn": "sagemaker.sklearn",
    "PyTorch": "sagemaker.pytorch",
    "TensorFlow": "sagemaker.tensorflow",
    "Estimator": "sagemaker.estimator",
}


def request(asked: dict[str, Any]) -> dict[str, Any]:
    session = session_of(Session, asked["region"])
    kind = getattr(import_module(MODULES[asked["estimator"]]), asked["estimator"])
    estimator = kind(sagemaker_session=session, **arguments(asked))
    found: dict[str, Any] = recorded(lambda: estimator.fit(inputs(asked), wait=False, job_name=asked["job_name"]))
    return found


def arguments(asked: dict[str, Any]) -> dict[str, Any]:
    given = dict(asked["arguments"])
    if asked["image"] is not None:
        given["image_uri"] = image_uris.retrieve(region=asked["region"], image_scope="training", **asked["image"])
    if asked["estimator"] in ("PyTorch", "TensorFlow"):
        versions = image_uris.config_for_framework(asked["estimator"].lower())["training"]["versions"]
        (given["py_version"],) = versions[given["framework_version"]]["py_versions"]
    return given


def inputs(asked: dict[str, Any]) -> dict[str, TrainingInput]:
    return {
        channel: TrainingInput(uri, content_type="text/csv", input_mode="File")
        for channel, uri in asked["channels"].items()
    }


if __name__ == "__main__":
    prepare()
    answer = {name: request(asked) for name, asked in json.load(sys.stdin).items()}
    print(json.dumps(answer))  # the last line is the answer
