"""A run that tunes at SageMaker, whole: one drop, several training jobs, one model, one message."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from tests.pipeline.pipeline import ENDLESS, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop.tunings import trials_of

TUNING = {"max_jobs": 3, "max_parallel": 2, "strategy": "random", "ranges": {"max_depth": {"min": 2, "max": 6}}}
AT_SAGEMAKER = {"target": "label", "instance_type": "ml.m5.large"}


def tuning_job(run: Run) -> dict[str, Any]:
    found: Any = boto3.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=run.job)
    return dict(found)


def children(run: Run) -> list[dict[str, Any]]:
    """As the service lists them."""
    pages = boto3.client("sagemaker").get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    found: Any = pages.paginate(HyperParameterTuningJobName=run.job)
    return [dict(child) for page in found for child in page["TrainingJobSummaries"]]


@pytest.fixture
def heard(pipeline: Pipeline) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The details of all state changes of training jobs that SageMaker told since."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    queue = sqs.create_queue(QueueName=f"{pipeline.stack.name}-heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn,
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Training Job State Change"]}
    events.put_rule(Name="heard", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="heard", Targets=[{"Id": "queue", "Arn": arn}])

    def read() -> list[dict[str, Any]]:
        found = []
        while batch := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"])["detail"])
        return found

    yield read
    events.remove_targets(Rule="heard", Ids=["queue"])
    events.delete_rule(Name="heard")
    sqs.delete_queue(QueueUrl=queue)


def test_a_drop_with_ranges_becomes_one_evaluated_run_of_its_best_trial_and_one_message(
    pipeline: Pipeline, heard: Callable[[], list[dict[str, Any]]]
) -> None:
    pipeline.put("datasets/tuned-there/test/held_out.csv", labelled())
    pipeline.drop("tuned-there", labelled(120), **AT_SAGEMAKER, hyperparameters={"num_round": 5}, tuning=TUNING)
    (run,) = pipeline.told("tuned-there")
    assert (run.status, run.reason) == (Status.EVALUATED, None)
    assert tuning_job(run)["HyperParameterTuningJobStatus"] == "Completed"
    listed = children(run)
    assert len(listed) == 3
    assert all(child["TrainingJobName"].startswith(f"{run.job}-0") for child in listed)
    assert run.best_trial in {*(child["TrainingJobName"] for child in listed), run.defaults_job}
    assert pipeline.read(run.model_key) is not None
    assert (pipeline.job(run.defaults_job) or {})["TrainingJobStatus"] == "Completed"

    trials = trials_of(run, Ledger(pipeline.stack.table))
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert all(trial.objective is not None for trial in trials)
    assert all(2 <= int(trial.hyperparameters["max_depth"]) <= 6 for trial in trials[1:])
    assert run.billable_seconds is not None
    assert run.billable_seconds >= len(trials)

    told = [detail for detail in heard() if detail["TrainingJobName"].startswith(run.job)]
    as_trials = {detail["TrainingJobName"] for detail in told if detail["Tags"].get("traindrop:trial") == "true"}
    assert as_trials == {child["TrainingJobName"] for child in listed}
    assert {detail["TrainingJobName"] for detail in told} - as_trials == {run.defaults_job}

    message = pipeline.message("tuned-there")
    assert message.outcome == "evaluated"
    assert [each.run for each in pipeline.runs("tuned-there")] == [run.run]


def test_a_tuning_that_is_stopped_in_the_middle_keeps_the_trials_that_were_done(pipeline: Pipeline) -> None:
    first_done = {
        "max_parallel": 1,
        "strategy": "grid",
        "ranges": {"num_round": [2, ENDLESS["num_round"]]},
    }
    pipeline.drop("halfway", labelled(120), **AT_SAGEMAKER, hyperparameters={"num_round": 3}, tuning=first_done)

    def one_is_done() -> Run | None:
        for run in pipeline.runs("halfway"):
            if run.status is Status.IN_PROGRESS and any(
                child["TrainingJobStatus"] == "Completed" for child in children(run)
            ):
                return run
        return None

    run = wait_for(one_is_done)
    done = pipeline.traindrop("stop", run.run, "--yes")
    assert done.returncode == 0, done.stderr
    (ended,) = pipeline.told("halfway")
    assert ended.best_trial is not None
    assert any("The tuning was stopped by" in note for note in ended.notes), ended.notes
    assert json.loads(pipeline.read(ended.evaluation_key) or b"{}")["run"] == run.run
