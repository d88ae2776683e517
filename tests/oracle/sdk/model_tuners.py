"""What the HyperparameterTuner of SDK v3 sends as CreateHyperParameterTuningJob, for jobs without a script.

Run as model_trainer.py is, with the questions of `tests.oracle.tuning_cases`.
"""

import json
import os
import sys
from typing import Any

from model_trainer import inputs, settings
from offline import prepare, recorded, session_of
from sagemaker.core import parameter
from sagemaker.core.helper.session_helper import Session
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner


def request(asked: dict[str, Any]) -> dict[str, Any]:
    session = session_of(Session, asked["region"])
    told = settings(asked)
    trainer = ModelTrainer(sagemaker_session=session, base_job_name=asked["job_name"], **told)
    ranges = {name: getattr(parameter, f"{kind}Parameter")(**given) for name, (kind, given) in asked["ranges"].items()}
    tuner = HyperparameterTuner(trainer, hyperparameter_ranges=ranges, tags=told["tags"], **asked["tuner"])
    found: dict[str, Any] = recorded(
        lambda: tuner.tune(inputs(asked), wait=False, job_name=asked["job_name"]), "CreateHyperParameterTuningJob"
    )
    return found


if __name__ == "__main__":
    prepare()
    os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"  # it would ask IAM
    answer = {name: request(asked) for name, asked in json.load(sys.stdin).items()}
    print(json.dumps(answer))  # the last line is the answer
