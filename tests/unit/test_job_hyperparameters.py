"""What a container is told: our scripts all of it, a person's script only what they wrote."""

import json
from typing import Any

import pytest
from tests.builders import a_job

from traindrop.config import TrainingConfig
from traindrop.errors import Rejected
from traindrop.job_hyperparameters import job_hyperparameters
from traindrop.request import training_job_request
from traindrop.script_mode import script_arguments


def given(**hyperparameters: Any) -> TrainingConfig:
    return TrainingConfig(hyperparameters=hyperparameters)


def test_a_persons_own_script_gets_its_own_hyperparameters_and_no_others() -> None:
    config = given(train="titanic_train.csv", max_depth=5, eta=0.1)
    request = training_job_request(a_job(own_script=True), config)
    assert script_arguments(request) == ["--eta", "0.1", "--max_depth", "5", "--train", "titanic_train.csv"]
    assert json.loads(request["HyperParameters"]["sagemaker_program"]) == "train.py"


def test_without_a_script_values_are_plain_text_and_script_mode_is_off() -> None:
    found = job_hyperparameters(a_job(entry_point=None), given(num_round=100, objective="binary:logistic", flag=True))
    assert found == {"num_round": "100", "objective": "binary:logistic", "flag": "true"}


@pytest.mark.parametrize("framework", ["pytorch", "xgboost"])
def test_how_instances_share_the_work_is_told_to_the_script_that_can_choose(framework: str) -> None:
    config = TrainingConfig(framework=framework, distribution="data", instance_count=2)  # type: ignore[arg-type]
    assert ("distribution" in job_hyperparameters(a_job(), config)) == (framework == "pytorch")


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        ({"sagemaker_program": "x.py"}, "hyperparameters.sagemaker_program: names that begin with sagemaker_"),
        ({"text": "x" * 2499}, "hyperparameters.text: found 2,501 characters"),
        ({"n" * 257: 1}, "names of 1 to 256"),
        ({"": 1}, "names of 1 to 256"),
        ({f"p{number}": 1 for number in range(96)}, "hyperparameters: found 101"),
    ],
)
def test_what_sagemaker_would_refuse_is_rejected_with_its_name(hyperparameters: dict[str, Any], said: str) -> None:
    with pytest.raises(Rejected) as caught:
        job_hyperparameters(a_job(own_script=True), TrainingConfig(hyperparameters=hyperparameters))
    assert said in str(caught.value)


def test_a_list_of_columns_to_leave_out_that_is_too_long_for_sagemaker_is_rejected() -> None:
    with pytest.raises(Rejected, match=r"hyperparameters\.drop.*left out of the file"):
        job_hyperparameters(a_job(), TrainingConfig(drop=tuple(f"column {number}" for number in range(300))))
