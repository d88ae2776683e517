"""What the HyperparameterTuner of SDK v2 sends as CreateHyperParameterTuningJob.

Run as estimators.py is, with the questions of `tests.oracle.tuning_cases`.
"""

import json
import sys
from importlib import import_module
from typing import Any

from estimators import MODULES, arguments, inputs
from offline import prepare, recorded, session_of
from sagemaker import Session, parameter
from sagemaker.tuner import HyperbandStrategyConfig, HyperparameterTuner, StrategyConfig


def request(asked: dict[str, Any]) -> dict[str, Any]:
    session = session_of(Session, asked["region"])
    kind = getattr(import_module(MODULES[asked["estimator"]]), asked["estimator"])
    estimator = kind(sagemaker_session=session, **arguments(asked))
    tuner = HyperparameterTuner(estimator, hyperparameter_ranges=ranges(asked), **settings(asked))
    found: dict[str, Any] = recorded(
        lambda: tuner.fit(inputs(asked), wait=False, job_name=asked["job_name"]), "CreateHyperParameterTuningJob"
    )
    return found


def ranges(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(parameter, f"{kind}Parameter")(**given) for name, (kind, given) in asked["ranges"].items()}


def settings(asked: dict[str, Any]) -> dict[str, Any]:
    given = dict(asked["tuner"])
    if resources := given.pop("resources", None):
        least, most = resources
        hyperband = HyperbandStrategyConfig(max_resource=most, min_resource=least)
        given["strategy_config"] = StrategyConfig(hyperband_strategy_config=hyperband)
    return given


if __name__ == "__main__":
    prepare()
    answer = {name: request(asked) for name, asked in json.load(sys.stdin).items()}
    print(json.dumps(answer))  # the last line is the answer
