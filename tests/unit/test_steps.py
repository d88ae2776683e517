"""What is run for a request, and what only its image can run."""

from pathlib import Path
from typing import Any

import pytest

from traindrop.container import prepare
from traindrop.image_table import ACCOUNTS
from traindrop.images import image as image_of
from traindrop.steps import needs_its_image, steps

SCRIPT = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": '"s3://b/k"'}
DEEP_LEARNING = "763104351884.dkr.ecr.us-east-1.amazonaws.com/"


def a_request(image: str, values: dict[str, str], **algorithm: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "a-job",
        "AlgorithmSpecification": {"TrainingImage": image, **algorithm},
        "HyperParameters": values,
    }


@pytest.mark.parametrize("region", ACCOUNTS["xgboost"])
def test_the_xgboost_image_of_every_region_needs_no_docker_with_a_script_or_without(region: str) -> None:
    image = image_of("xgboost", None, region, "ml.m5.large")
    assert not needs_its_image(a_request(image, SCRIPT))
    assert not needs_its_image(a_request(image, {"num_round": "3"}))


@pytest.mark.parametrize("name", ["pytorch-training:2.8.0-cpu-py312", "tensorflow-training@sha256:0123"])
def test_another_framework_image_needs_a_script_to_be_run_without_docker(name: str) -> None:
    assert not needs_its_image(a_request(DEEP_LEARNING + name, SCRIPT))
    assert needs_its_image(a_request(DEEP_LEARNING + name, {}))


@pytest.mark.parametrize(
    "image",
    [
        f"{DEEP_LEARNING}huggingface-pytorch-training:2.1",
        "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/sagemaker-xgboost:1",
        "sagemaker-xgboost:3.2-0",
        "ghcr.io/me/pytorch-training",
        "mine",
    ],
)
def test_an_image_that_is_not_sagemakers_own_is_needed_for_its_script_too(image: str) -> None:
    assert needs_its_image(a_request(image, SCRIPT))


@pytest.mark.parametrize("field", ["ContainerEntrypoint", "ContainerArguments"])
def test_an_entry_point_of_the_container_needs_the_container(field: str) -> None:
    image = image_of("xgboost", None, "us-east-1", "ml.m5.large")
    assert needs_its_image(a_request(image, SCRIPT, **{field: ["/bin/bash"]}))


def test_requirements_come_before_the_script_and_the_algorithm_has_none(tmp_path: Path) -> None:
    request = a_request(image_of("xgboost", None, "us-east-1", "ml.m5.large"), SCRIPT)
    folders = prepare(request, tmp_path)
    assert [step.shown for step in steps(request, folders)] == ["python3 -- train.py"]
    (folders.code / "requirements.txt").touch()
    assert [step.shown for step in steps(request, folders)] == [
        "python3 -m pip install -r requirements.txt",
        "python3 -- train.py",
    ]
    (algorithm,) = steps({**request, "HyperParameters": {}}, folders)
    assert algorithm.command[-2:] == ["-m", "traindrop.builtin_xgboost"]
