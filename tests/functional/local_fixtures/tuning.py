"""Builders of tuning jobs of the local SageMaker, and how to wait for their end."""

import uuid
from typing import Any

from tests.functional.local_fixtures.aws import a_request, client, upload_script
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws

# As good as `x` is near 0.3; takes no flag that it does not know.
NEAR = """
import argparse, os
parser = argparse.ArgumentParser()
parser.add_argument("-x", type=float)
parser.add_argument("--max_depth", type=int)
x = parser.parse_args().x
open(os.environ["SM_MODEL_DIR"] + "/model", "w").write(str(x))
print(f"[0] validation-auc=0")
print(f"[1] validation-auc={1 - abs(x - 0.3)}")
"""
X = {"ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]}


def a_tuning_request(code: str | None = None, config: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A valid CreateHyperParameterTuningJob request under a name of its own: two training jobs, one after the other.

    `config` changes its HyperParameterTuningJobConfig; `changes` that are fields of the definition change that.
    """
    single = a_request() if code is None else a_request(code)
    definition = {
        "StaticHyperParameters": single["HyperParameters"],
        **{name: single[name] for name in single.keys() - {"TrainingJobName", "HyperParameters"}},
    }
    definition |= {name: changes.pop(name) for name in list(changes) if name in {*definition, "Environment"}}
    objective = {"Type": "Maximize", "MetricName": "validation:auc"}
    return {
        "HyperParameterTuningJobName": f"tune-{uuid.uuid4().hex[:12]}",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": X,
            **(config or {}),
        },
        "TrainingJobDefinition": definition,
        **changes,
    }


def limits(most: int, parallel: int = 1) -> dict[str, dict[str, int]]:
    """Of a tuning job's config."""
    return {"ResourceLimits": {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": parallel}}


def start_tuning(local: LocalAws, script: str, config: dict[str, Any] | None = None, **changes: Any) -> str:
    """Start a tuning job of the script, given as its text or as the S3 URI of its bundle; returns its name."""
    code = script if script.startswith("s3://") else upload_script(local, script)
    request = a_tuning_request(code, config, **changes)
    client(local, "sagemaker").create_hyper_parameter_tuning_job(**request)
    return str(request["HyperParameterTuningJobName"])


def tuned(local: LocalAws, script: str, config: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The description of a tuning job of the script that is over."""
    return tuning_finished(local, start_tuning(local, script, config, **changes))


def described(local: LocalAws, name: str) -> dict[str, Any]:
    sagemaker = client(local, "sagemaker")
    found: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return found


def tuning_finished(local: LocalAws, name: str) -> dict[str, Any]:
    """The tuning job's description once it is over."""

    def look() -> dict[str, Any] | None:
        found = described(local, name)
        return found if found["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return wait_for(look)


def children(local: LocalAws, name: str, **asked: Any) -> list[dict[str, Any]]:
    """The summaries of its training jobs."""
    sagemaker = client(local, "sagemaker")
    found: list[dict[str, Any]] = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, MaxResults=100, **asked
    )["TrainingJobSummaries"]
    return found
