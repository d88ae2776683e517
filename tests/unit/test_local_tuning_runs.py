"""What a tuning job of the local SageMaker does where time runs out, or a training job cannot be launched."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.functional.local_fixtures.tuning import a_tuning_request, limits
from tests.waiting import wait_for

from traindrop.job_state import JobState, Scope, moved, new_job
from traindrop_cli.local.sagemaker.errors import ApiError, validation_error
from traindrop_cli.local.sagemaker.store import Store
from traindrop_cli.local.sagemaker.surroundings import Credentials, Settings, Surroundings
from traindrop_cli.local.sagemaker.tuning_acceptance import not_found
from traindrop_cli.local.sagemaker.tuning_runs import TuningRuns
from traindrop_cli.local.sagemaker.tuning_state import TuningState, after_restart, as_record, new_tuning

SCOPE = Scope("000000000000", "us-east-1")
NOBODY: Credentials = {"aws_access_key_id": "", "aws_secret_access_key": "", "aws_session_token": None}


@dataclass
class Training:
    """Training jobs that run until they are ended. `refusals`: what is raised instead of creating one."""

    refusals: list[ApiError] = field(default_factory=list)
    jobs: dict[str, JobState] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)

    def create(self, scope: Scope, request: Mapping[str, Any], listen: object) -> None:  # noqa: ARG002 - it says nothing
        if self.refusals:
            raise self.refusals.pop()
        job = new_job(scope, request, time.time())
        self.jobs[job.name] = job

    def state(self, scope: Scope, name: str) -> JobState:  # noqa: ARG002 - there is one
        return self.jobs[name]

    def end(self, scope: Scope, name: str) -> None:  # noqa: ARG002 - there is one
        self.jobs[name] = moved(self.jobs[name], "Stopped", time.time())
        self.ended.append(name)


@dataclass
class Tuned:
    """A tuning job that was begun, with what carries it out."""

    training: Training
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        surroundings = Surroundings(
            can_assume=lambda *_: True,
            assume=lambda *_: NOBODY,
            emit=lambda _scope, _kind, _arns, detail: self.told.append(detail["HyperParameterTuningJobStatus"]),
        )
        self.store: Store[TuningState] = Store(None, after_restart, as_record, not_found)
        settings = Settings("", Path(), event_copies=1)
        training: Any = self.training
        self.runs = TuningRuns(settings, surroundings, training, self.store)

    def begin(self, **more: float) -> TuningState:
        request = a_tuning_request(config=limits(2))
        request["HyperParameterTuningJobConfig"]["ResourceLimits"] |= more
        tuning = new_tuning(SCOPE, request, time.time())
        self.store.add(tuning, lambda _others: None)
        self.runs.begin(tuning)
        return tuning

    def ended(self, tuning: TuningState) -> TuningState:
        def look() -> TuningState | None:
            found = self.store.get(SCOPE, tuning.name)
            # Its jobs end at once, and nobody tells of it.
            self.runs.go_on(found)
            return found if found.is_over else None

        return wait_for(look)


def test_a_tuning_job_is_stopped_when_its_time_is_up() -> None:
    tuned = Tuned(Training())
    tuning = tuned.ended(tuned.begin(MaxRuntimeInSeconds=0.2))
    assert tuning.status == "Stopped"
    assert tuned.training.ended == [child.job for child in tuning.children]
    assert tuned.told == ["InProgress", "Stopping", "Stopped"]


def test_a_training_job_that_is_refused_for_good_fails_the_tuning_job_with_its_reason() -> None:
    tuned = Tuned(Training([validation_error("Could not assume role r.")]))
    tuning = tuned.ended(tuned.begin())
    assert (tuning.status, tuning.failure_reason) == ("Failed", "Could not assume role r.")
    assert tuning.children == ()


def test_a_training_job_that_finds_no_instances_is_launched_later() -> None:
    tuned = Tuned(Training([ApiError("ResourceLimitExceeded", "The account-level service limit …")]))
    tuning = tuned.begin()
    wait_for(lambda: not tuned.training.refusals)
    tuned.runs.go_on(tuning)
    wait_for(lambda: tuned.training.jobs)
    assert tuned.store.get(SCOPE, tuning.name).status == "InProgress"
    tuned.runs.end(tuning)
    assert tuned.ended(tuning).status == "Stopped"


def test_after_the_end_of_the_local_aws_nothing_more_is_begun() -> None:
    tuned = Tuned(Training())
    tuned.runs.shut_down()
    tuning = tuned.begin()
    tuned.runs.go_on(tuning)
    assert tuned.training.jobs == {}


def test_an_error_of_ours_fails_the_tuning_job_as_one_of_the_services_would(caplog: pytest.LogCaptureFixture) -> None:
    tuned = Tuned(Training())
    request = a_tuning_request(config={"Strategy": "Grid"})  # of what is no choice; refused when it is created
    tuning = new_tuning(SCOPE, request, time.time())
    tuned.store.add(tuning, lambda _others: None)
    tuned.runs.begin(tuning)
    assert (tuned.ended(tuning).failure_reason or "").startswith("InternalServerError: ")
    assert tuning.name in caplog.text
