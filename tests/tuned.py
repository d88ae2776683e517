"""A tuning that has ended, made up: its request and its trials."""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.builders import a_run

from traindrop.trial import Trial

OBJECTIVE = "validation:auc"
BEGAN = datetime(2026, 11, 12, tzinfo=UTC)
JOB = a_run().run


def a_trial(number: int, **changes: Any) -> Trial:
    job = f"{JOB}-defaults" if number == 0 else f"{JOB}-{number:03}-0123abcd"
    began = BEGAN + timedelta(seconds=20 * number)
    found = {
        "number": number, "job": job, "status": "completed", "objective": 0.8, "created_at": began,
        "started_at": began + timedelta(seconds=2), "ended_at": began + timedelta(seconds=17), "billable_seconds": 15,
        "hyperparameters": {"max_depth": 6, "eta": 0.3, "booster": "gbtree"},
    }  # fmt: skip
    return Trial(**(found | changes))


def trials(count: int, *, hostile: str = "", seed: int = 1) -> list[Trial]:
    """The defaults and so many others, the better the nearer to a depth of 4 and an eta of 0.05; some failed."""
    chance, found = Random(seed), [a_trial(0, objective=0.861)]  # noqa: S311 - data for tests
    for number in range(1, count + 1):
        depth, eta = chance.randint(2, 10), 10 ** chance.uniform(-3, -0.3)
        booster = chance.choice(["gbtree", f"dart{hostile}"])
        value = 0.893 - 0.004 * abs(depth - 4) - 0.03 * abs(-1.3 - (eta**0.1 - 1) * 5) + chance.gauss(0, 0.004)
        given: dict[str, Any] = {
            "hyperparameters": {f"max_depth{hostile}": depth, "eta": eta, "booster": booster},
            "objective": value, "billable_seconds": chance.randint(9, 40),
        }  # fmt: skip
        if number % 7 == 3:
            given |= {"status": "stopped early", "objective": value - 0.05}
        if number % 11 == 8:
            given |= {"status": "failed", "objective": None, "reason": f"AlgorithmError: no memory{hostile}"}
        found.append(a_trial(number, **given))
    return found


def a_tuning_request(hostile: str = "") -> dict[str, Any]:
    """Of CreateHyperParameterTuningJob, what is read of it."""
    return {
        "HyperParameterTuningJobName": JOB,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": OBJECTIVE},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 20, "MaxParallelTrainingJobs": 4},
            "ParameterRanges": {
                "IntegerParameterRanges": [
                    {"Name": f"max_depth{hostile}", "MinValue": "2", "MaxValue": "10", "ScalingType": "Linear"}
                ],
                "ContinuousParameterRanges": [
                    {"Name": "eta", "MinValue": "0.001", "MaxValue": "0.5", "ScalingType": "Logarithmic"}
                ],
                "CategoricalParameterRanges": [
                    {"Name": "booster", "Values": [json.dumps("gbtree"), json.dumps(f"dart{hostile}")]}
                ],
            },
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": "sagemaker-xgboost:3.0-5"},
            "StaticHyperParameters": {
                "sagemaker_program": '"train.py"',
                "validation_fraction": "0.2",
                "num_round": "60",
            },
            "Environment": {"TOKEN": "a secret"},
        },
        "Tags": [],
    }
