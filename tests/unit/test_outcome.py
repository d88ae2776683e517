"""From a run's record to the outcome that its message is written from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders import a_run

from traindrop.events import InvocationFailed
from traindrop.outcome import Kind, internal_error, kind_of, outcome_of
from traindrop.run import FINAL, Status

START = datetime(2026, 11, 12, tzinfo=UTC)
LAUNCHED = {"launched_at": START}
TRAINED = {**LAUNCHED, "training_ended_at": START}


@pytest.mark.parametrize(
    ("status", "fields", "kind"),
    [
        (Status.REJECTED, {}, Kind.REJECTED),
        (Status.REPEATED, {}, Kind.REPEATED),
        (Status.FAILED, {}, Kind.LAUNCH_FAILED),
        (Status.STOPPED, {}, Kind.STOPPED),
        (Status.FAILED, LAUNCHED, Kind.FAILED),
        (Status.FAILED, {"training_ended_at": START}, Kind.FAILED),
        (Status.STOPPED, TRAINED, Kind.STOPPED),
        (Status.EVALUATED, TRAINED, Kind.EVALUATED),
        (Status.EVALUATION_FAILED, TRAINED, Kind.EVALUATION_FAILED),
        (Status.FAILED, {"failed_function": "launcher"}, Kind.INTERNAL_ERROR),
        (Status.EVALUATION_FAILED, {**TRAINED, "failed_function": "evaluator"}, Kind.INTERNAL_ERROR),
    ],
)
def test_each_end_of_a_run_has_its_kind_of_message(status: Status, fields: dict[str, Any], kind: Kind) -> None:
    assert kind_of(a_run(status=status, **fields)) is kind


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL))
def test_a_run_that_has_not_ended_has_no_message(status: Status) -> None:
    with pytest.raises(KeyError):
        kind_of(a_run(status=status))


def test_the_outcome_of_an_evaluated_run_says_what_it_reached_and_where_things_lie() -> None:
    run = a_run(
        **TRAINED, status=Status.EVALUATED, ended_at=START + timedelta(seconds=90), metrics={"auc": 0.9},
        validation={"auc": 0.8}, main_metric="auc", test_rows=20, billable_seconds=60,
    )  # fmt: skip
    outcome = outcome_of(run, [], "queue")
    assert (outcome.metrics, outcome.only_validation, outcome.test_rows) == ({"auc": 0.9}, False, 20)
    assert (outcome.duration_seconds, outcome.billable_seconds) == (90, 60)
    assert outcome.model_uri == f"s3://{run.bucket}/runs/{run.run}/output/model.tar.gz"
    assert outcome.evaluation_uri == f"s3://{run.bucket}/runs/{run.run}/evaluation.json"


def test_without_a_held_out_file_the_outcome_shows_validation_metrics_as_such() -> None:
    run = a_run(**TRAINED, status=Status.EVALUATED, validation={"auc": 0.8}, main_metric="auc")
    outcome = outcome_of(run, [], "queue")
    assert (outcome.metrics, outcome.only_validation) == ({"auc": 0.8}, True)


def test_a_rejected_run_names_no_model_and_no_evaluation() -> None:
    outcome = outcome_of(a_run(status=Status.REJECTED, reason="it is empty"), [], "queue")
    assert (outcome.model_uri, outcome.evaluation_uri) == (None, None)
    assert (outcome.reason, outcome.file) == ("it is empty", "flowers.csv")


@pytest.mark.parametrize("status", [Status.FAILED, Status.STOPPED])
def test_a_run_whose_training_ended_badly_shows_the_last_log_lines_and_names_no_model(status: Status) -> None:
    outcome = outcome_of(a_run(**TRAINED, status=status), ["one", "two"], "queue")
    assert outcome.log_lines == ("one", "two")
    assert outcome.model_uri is None


def test_a_run_of_several_attempts_tells_of_all_and_names_the_last_ones_model() -> None:
    run = a_run(
        **TRAINED, status=Status.EVALUATED, attempt=2, earlier_failures=("a job: CapacityError",), billable_seconds=90
    )
    outcome = outcome_of(run, [], "queue")
    assert outcome.earlier_failures == ("a job: CapacityError",)
    assert outcome.billable_seconds == 90
    assert outcome.model_uri == f"s3://{run.bucket}/runs/{run.run}-r2/output/model.tar.gz"
    assert outcome.evaluation_uri == f"s3://{run.bucket}/runs/{run.run}/evaluation.json"


def test_a_repeated_drop_names_the_run_that_answers_it_and_no_model_of_its_own() -> None:
    outcome = outcome_of(a_run(status=Status.REPEATED, answered_by="first"), [], "queue")
    assert (outcome.answered_by, outcome.model_uri, outcome.evaluation_uri) == ("first", None, None)


def test_an_event_of_no_run_is_told_with_the_function_and_its_error() -> None:
    failure = InvocationFailed.model_validate(
        {
            "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:stack-Launcher-X:$LATEST"},
            "requestPayload": {},
        }
    )
    outcome = internal_error(failure, "queue")
    assert (outcome.kind, outcome.function) == (Kind.INTERNAL_ERROR, "stack-Launcher-X")
    assert outcome.dead_letter_queue == "queue"
    assert outcome.reason
