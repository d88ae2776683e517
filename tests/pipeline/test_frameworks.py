"""One line of training.yaml for each framework: the same CSV is trained on, evaluated and told the same way."""

from typing import Any

import pytest
from tests.pipeline.pipeline import Pipeline, labelled
from tests.waiting import wait_for

from traindrop.run import Status

FEW: dict[str, dict[str, Any]] = {
    "sklearn": {"estimator": "linear"},
    "xgboost": {"num_round": 5},
    "builtin-xgboost": {"num_round": 5},
    "pytorch": {"epochs": 15},
    "tensorflow": {"epochs": 15},
}
# Installed by `make pytorch` and `make tensorflow`.
LARGE = {"pytorch": "torch", "tensorflow": "tensorflow"}


@pytest.mark.parametrize("framework", FEW)
def test_a_framework_is_one_line_of_the_config(pipeline: Pipeline, framework: str) -> None:
    if framework in LARGE:
        pytest.importorskip(LARGE[framework], reason=f"run `make {framework}`")
    pipeline.put(f"datasets/{framework}/test/held_out.csv", labelled(50))
    pipeline.drop(framework, labelled(100), framework=framework, hyperparameters=FEW[framework])
    (run,) = pipeline.told(framework)
    assert run.status is Status.EVALUATED, run.reason
    assert (run.framework, run.test_rows, run.main_metric) == (framework, 50, "auc")
    assert (run.metrics["auc"] or 0) > 0.95
    assert (run.validation["auc"] or 0) > 0.9
    assert pipeline.message(framework).subject.startswith(f"[traindrop] {framework}: trained, auc ")


def test_two_instances_train_one_model_together(pipeline: Pipeline) -> None:
    pipeline.put("datasets/together/test/held_out.csv", labelled(50))
    pipeline.drop("together", labelled(100), instance_count=2, hyperparameters={"num_round": 5})
    (run,) = pipeline.told("together")
    assert run.status is Status.EVALUATED, run.reason
    assert (run.metrics["auc"] or 0) > 0.95
    job = pipeline.job(run.job)
    assert job is not None
    assert job["ResourceConfig"]["InstanceCount"] == 2


def test_a_spot_job_has_checkpoints_and_a_limit_to_its_waiting(pipeline: Pipeline) -> None:
    pipeline.drop("spot", labelled(), use_spot=True, max_runtime=600, hyperparameters={"num_round": 5})
    (run,) = pipeline.told("spot")
    assert run.status is Status.EVALUATED, run.reason
    job = pipeline.job(run.job)
    assert job is not None
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200}
    assert job["CheckpointConfig"]["S3Uri"].endswith(f"/checkpoints/{run.run}")


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("unknown", {"framework": "lightgbm"}, "found 'lightgbm'; "),
        ("other hyperparameter", {"framework": "sklearn", "hyperparameters": {"eta": 0.1}}, "Those of sklearn are"),
        ("other estimator", {"framework": "sklearn", "hyperparameters": {"estimator": "linear", "n_estimators": 3}},
         "the estimator linear has no such hyperparameter"),
        ("several", {"framework": "sklearn", "instance_count": 2}, "Set instance_count: 1"),
        ("no image", {"framework": "custom"}, "image_uri: framework custom needs"),
        ("no version", {"framework": "sklearn", "framework_version": "9.9"}, "framework_version: found '9.9'"),
    ],
)  # fmt: skip
def test_what_no_framework_can_do_is_rejected_before_a_job(
    pipeline: Pipeline, name: str, config: dict[str, Any], said: str
) -> None:
    pipeline.drop(name, labelled(), **config)
    # A config that is wrong by itself is told of as soon as it is there, and again with the CSV.
    runs = pipeline.told(name)
    assert {run.status for run in runs} == {Status.REJECTED}
    wait_for(lambda: len(pipeline.messages(name)) == len(pipeline.told(name)))
    assert said in " ".join(pipeline.messages(name)[-1].body.split())
    assert [pipeline.job(run.run) for run in runs] == [None] * len(runs)
