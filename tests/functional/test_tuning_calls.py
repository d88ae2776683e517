"""Calls of SageMaker about tuning jobs, with the answers and errors of the real service."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from tests.tuning_answers import child, described

from traindrop import aws

NAME = "traindrop-flowers-0123456789ab"
NAMED = {"HyperParameterTuningJobName": NAME}
MISSING = f"Amazon SageMaker can't find a tuning job called {NAME}. Type another name."


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """It checks what it is asked, and its own answers, by the service's model."""
    client = boto3.client("sagemaker", region_name="us-east-1")
    monkeypatch.setattr(aws, "client", lambda _name: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_tuning_job_that_is_not_there_is_none(sagemaker: Stubber) -> None:
    sagemaker.add_client_error(
        "describe_hyper_parameter_tuning_job", "ResourceNotFound", MISSING, expected_params=NAMED
    )
    assert aws.find_tuning_job(NAME) is None


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "ValidationException"])
def test_another_error_does_not_pass_for_one_that_is_not_there(sagemaker: Stubber, code: str) -> None:
    sagemaker.add_client_error("describe_hyper_parameter_tuning_job", code, "no")
    with pytest.raises(ClientError, match=code):
        aws.find_tuning_job(NAME)


def test_a_tuning_job_is_described(sagemaker: Stubber) -> None:
    sagemaker.add_response("describe_hyper_parameter_tuning_job", described(), NAMED)
    found = aws.find_tuning_job(NAME)
    assert found is not None
    assert found["HyperParameterTuningJobStatus"] == "Completed"


@pytest.mark.parametrize(("code", "is_missing"), [("ResourceNotFound", True), ("ValidationException", True),
                                                  ("ThrottlingException", False)])  # fmt: skip
def test_a_training_job_that_is_not_there_is_none_by_either_error(
    sagemaker: Stubber, code: str, is_missing: bool
) -> None:
    sagemaker.add_client_error("describe_training_job", code, "Requested resource not found.")
    if is_missing:
        assert aws.find_described(NAME) is None
    else:
        with pytest.raises(ClientError, match=code):
            aws.find_described(NAME)


def test_all_pages_of_a_tuning_jobs_training_jobs_are_read_in_the_order_of_their_creation(sagemaker: Stubber) -> None:
    asked = {**NAMED, "SortBy": "CreationTime", "SortOrder": "Ascending"}
    first: dict[str, Any] = {"TrainingJobSummaries": [child(1, 0.5), child(2, 0.6)], "NextToken": "more"}
    operation = "list_training_jobs_for_hyper_parameter_tuning_job"
    sagemaker.add_response(operation, first, asked)
    sagemaker.add_response(operation, {"TrainingJobSummaries": [child(3, 0.7)]}, {**asked, "NextToken": "more"})
    assert [each["TrainingJobName"][-3:] for each in aws.children_of_tuning(NAME)] == ["001", "002", "003"]


def test_a_tuning_job_is_stopped_and_one_that_has_ended_stays_as_it_is(sagemaker: Stubber) -> None:
    sagemaker.add_response("stop_hyper_parameter_tuning_job", {}, NAMED)
    sagemaker.add_client_error("stop_hyper_parameter_tuning_job", "ValidationException", "it is Completed")
    sagemaker.add_client_error("stop_hyper_parameter_tuning_job", "ThrottlingException", "Rate exceeded")
    aws.stop_tuning_job(NAME)
    aws.stop_tuning_job(NAME)
    with pytest.raises(ClientError, match="ThrottlingException"):
        aws.stop_tuning_job(NAME)


def test_a_tag_is_read_from_whichever_page_has_it(sagemaker: Stubber) -> None:
    arn = described()["HyperParameterTuningJobArn"]
    for _ in range(2):
        sagemaker.add_response(
            "list_tags", {"Tags": [{"Key": "other", "Value": "x"}], "NextToken": "more"}, {"ResourceArn": arn}
        )
        sagemaker.add_response(
            "list_tags", {"Tags": [{"Key": "owner", "Value": "me"}]}, {"ResourceArn": arn, "NextToken": "more"}
        )
    assert (aws.tag_of(arn, "owner"), aws.tag_of(arn, "none")) == ("me", None)


def test_a_tuning_job_is_created_as_asked_for(sagemaker: Stubber) -> None:
    tuning = described()
    request = {
        **NAMED,
        "HyperParameterTuningJobConfig": tuning["HyperParameterTuningJobConfig"],
        "TrainingJobDefinition": tuning["TrainingJobDefinition"],
    }
    answer = {"HyperParameterTuningJobArn": tuning["HyperParameterTuningJobArn"]}
    sagemaker.add_response("create_hyper_parameter_tuning_job", answer, request)
    aws.create_tuning_job(request)
