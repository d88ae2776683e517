"""A SageMaker whose answers a test decides on, in the shapes of the real service's."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.builders import ACCOUNT, client_error

from traindrop import aws

FULL = (
    "The account-level service limit 'ml.m5.large for training job usage' is 1 Instances, with current utilization of "
    "1 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this limit."
)
ZERO = FULL.replace("is 1 Instances, with current utilization of 1", "is 0 Instances, with current utilization of 0")


@dataclass
class Service:
    """`refusals`: by instance type, code and message of CreateTrainingJob's errors; `jobs`: status by name."""

    refusals: dict[str, tuple[str, str]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def create(self, request: dict[str, Any]) -> None:
        name = request["TrainingJobName"]
        self.asked.append(name)
        if name in self.jobs:
            raise client_error("CreateTrainingJob", "ResourceInUse", "Training job names must be unique within …")
        if (refusal := self.refusals.get(request["ResourceConfig"]["InstanceType"])) is not None:
            raise client_error("CreateTrainingJob", *refusal)
        self.created.append(name)
        self.jobs[name] = {"TrainingJobName": name, "TrainingJobStatus": "InProgress", "CreationTime": self._now()}

    def describe(self, name: str) -> dict[str, Any]:
        if name not in self.jobs:
            raise client_error("DescribeTrainingJob", "ValidationException", "Requested resource not found.")
        return self.jobs[name]

    def stop(self, name: str) -> None:
        self.stopped.append(name)

    def end(self, name: str, status: str, **more: Any) -> dict[str, Any]:
        """Let a job end; the event that tells of it."""
        self.jobs[name] |= {"TrainingJobStatus": status, "TrainingEndTime": self._now(), **more}
        return state_change(name, status)

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)


def told(kind: str, detail: dict[str, str]) -> dict[str, Any]:
    """An event by which SageMaker tells of a job of that kind."""
    return {
        "source": "aws.sagemaker", "account": ACCOUNT, "detail-type": f"SageMaker {kind} Job State Change",
        "detail": detail,
    }  # fmt: skip


def state_change(name: str, status: str) -> dict[str, Any]:
    return told("Training", {"TrainingJobName": name, "TrainingJobStatus": status})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    found = Service()
    monkeypatch.setattr(aws, "create_training_job", found.create)
    monkeypatch.setattr(aws, "described", found.describe)
    monkeypatch.setattr(aws, "stop_training_job", found.stop)
    return found
