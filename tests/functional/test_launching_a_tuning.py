"""A drop whose training.yaml tunes, from its upload to the two requests that are stored for it."""

import json
from typing import Any

import boto3
import pytest
from functions.launcher.app import lambda_handler
from tests.builders import CSV, a_context
from tests.functional.conftest import BUCKET, Account

from traindrop import training_jobs
from traindrop.run import MAX_TUNING_NAME, Run, Status

KEY = "datasets/flowers/train/flowers.csv"
TUNED = b"""
target: species
instance_type: ml.m5.large
hyperparameters: {max_depth: 3}
tuning: {max_jobs: 6, objective: logloss, ranges: {max_depth: {min: 2, max: 8}, eta: {min: 0.01, max: 0.3}}}
"""


@pytest.fixture(autouse=True)
def created(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The requests that the launcher would have carried out."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(training_jobs, "create", lambda _run, request, *_: found.append(request))
    return found


def launch(account: Account, config: bytes = TUNED, body: bytes = CSV) -> Run:
    account.put("datasets/flowers/training.yaml", config)
    (name,) = lambda_handler(account.put(KEY, body), a_context())["runs"]
    return account.ledger.stored(name)


def stored(key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return found


def test_the_run_knows_what_it_tunes_and_has_a_name_that_a_tuning_job_may_have(account: Account) -> None:
    run = launch(account)
    assert run.status is Status.IN_PROGRESS
    assert (run.tunes, run.max_trials, run.max_parallel) == (True, 6, 4)
    assert (run.objective, run.direction) == ("validation:logloss", "minimize")
    assert run.longest_seconds == 2 * (3600 + 600)
    assert len(run.run) == MAX_TUNING_NAME
    assert run.run.startswith("traindrop-flowe-")


def test_the_tuning_job_is_launched_and_both_requests_are_kept(account: Account, created: list[dict[str, Any]]) -> None:
    run = launch(account)
    assert [each["HyperParameterTuningJobName"] for each in created] == [run.run]
    assert stored(run.request_key) == created[0]
    defaults = stored(run.defaults_request_key)
    assert (defaults["TrainingJobName"], defaults["HyperParameters"]["max_depth"]) == (run.defaults_job, "3")


def test_a_run_that_tunes_nothing_keeps_its_longer_name_and_one_request(account: Account) -> None:
    run = launch(account, b"target: species\ninstance_type: ml.m5.large\n")
    assert run.run.startswith("traindrop-flowers-")
    assert not run.tunes
    keys = {each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="runs/")["Contents"]}
    assert keys == {run.request_key}


def test_what_cannot_be_tuned_is_rejected_before_anything_is_launched(
    account: Account, created: list[dict[str, Any]]
) -> None:
    run = launch(account, TUNED.replace(b"eta:", b"depth:"))
    assert (run.status, created) == (Status.REJECTED, [])
    assert "tuning.ranges.depth: there is no such hyperparameter" in (run.reason or "")
    run = launch(account, TUNED.replace(b"logloss", b"rmse"))
    assert (run.status, created) == (Status.REJECTED, [])
    assert "found 'rmse'" in (run.reason or "")
    run = launch(account, TUNED.replace(b"eta:", b"reg_alpha:"))
    assert (run.status, created) == (Status.REJECTED, [])
    assert "of its XGBoost image SageMaker tunes" in (run.reason or "")


def test_a_stack_with_a_long_name_says_that_it_cannot_tune(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK", "a-very-long-name")
    run = launch(account)
    assert run.status is Status.REJECTED
    assert "begins with that of the stack, which may have 15 of them; this run would be a-very-long-name-flowers-" in (
        run.reason or ""
    )


def test_the_same_drop_again_is_answered_by_the_first_and_tunes_nothing_itself(account: Account) -> None:
    first = launch(account)
    again = launch(account)
    assert (again.status, again.answered_by, again.tunes) == (Status.REPEATED, first.run, False)


def test_a_further_run_of_the_same_bytes_has_no_longer_name(account: Account) -> None:
    first = launch(account)
    account.ledger.advance(first.run, Status.FAILED, first.created_at, reason="AlgorithmError: exit 1")
    again = launch(account)
    assert again.run != first.run
    assert (again.status, len(again.run), again.max_trials) == (Status.IN_PROGRESS, MAX_TUNING_NAME, 6)
