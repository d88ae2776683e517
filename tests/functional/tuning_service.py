"""Tuning jobs of a SageMaker whose answers a test decides on; single jobs are those of `service`."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from tests.builders import client_error, stored
from tests.functional.conftest import BUCKET, Account
from tests.functional.service import Service, told
from tests.tuning_answers import a_tuned_run, described

from traindrop import aws
from traindrop.clock import now
from traindrop.run import Run


@dataclass
class Tunings:
    """`refusal`: code and message of CreateHyperParameterTuningJob's error; `children`: by tuning job."""

    single: Service
    refusal: tuple[str, str] | None = None
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    children: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def create(self, request: dict[str, Any]) -> None:
        name = request["HyperParameterTuningJobName"]
        if name in self.jobs:
            message = f"A hyperparameter tuning job with the name, {name}, already exists. Choose a different name."
            raise client_error("CreateHyperParameterTuningJob", "ResourceInUse", message)
        if self.refusal is not None:
            raise client_error("CreateHyperParameterTuningJob", *self.refusal)
        self.created.append(name)
        self.jobs[name] = described("InProgress", name=name)

    def describe(self, name: str) -> dict[str, Any]:
        if name not in self.jobs:
            message = f"Amazon SageMaker can't find a tuning job called {name}. Type another name."
            raise client_error("DescribeHyperParameterTuningJob", "ResourceNotFound", message)
        return self.jobs[name]

    def list_children(self, name: str) -> list[dict[str, Any]]:
        return self.children.get(name, [])

    def end(self, name: str, status: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Let a tuning job end, just now, with these training jobs; the event that tells of it."""
        self.jobs[name] = described(status, name=name, **{"HyperParameterTuningEndTime": now(), **more})
        self.children[name] = list(children)
        for child in children:
            metric = child.get("FinalHyperParameterTuningJobObjectiveMetric")
            metrics = [{"MetricName": metric["MetricName"], "Value": metric["Value"]}] if metric else []
            self.single.jobs[child["TrainingJobName"]] = {**child, "FinalMetricDataList": metrics}
        return tuning_change(name, status)


def tuning_change(name: str, status: str) -> dict[str, Any]:
    names = {"HyperParameterTuningJobName": name, "HyperParameterTuningJobStatus": status}
    return told("HyperParameter Tuning", names)


@pytest.fixture
def tunings(monkeypatch: pytest.MonkeyPatch, service: Service) -> Tunings:
    found = Tunings(service)
    monkeypatch.setattr(aws, "create_tuning_job", found.create)
    monkeypatch.setattr(aws, "described_tuning", found.describe)
    monkeypatch.setattr(aws, "stop_tuning_job", found.stopped.append)
    monkeypatch.setattr(aws, "children_of_tuning", found.list_children)
    return found


def waiting_to_tune(account: Account, **changes: Any) -> Run:
    """A run that waits to be launched, with both of its requests."""
    run = stored(account.ledger, a_tuned_run(bucket=BUCKET, **changes))
    tuning = described(name=run.run)
    request = {
        name: tuning[name]
        for name in ("HyperParameterTuningJobName", "HyperParameterTuningJobConfig", "TrainingJobDefinition")
    }
    put(run.request_key, request)
    definition = request["TrainingJobDefinition"]
    put(run.defaults_request_key, {
        "TrainingJobName": run.run, "HyperParameters": {"max_depth": "6", "sagemaker_job_name": json.dumps(run.run)},
        **{name: definition[name] for name in ("AlgorithmSpecification", "RoleArn", "ResourceConfig")},
    })  # fmt: skip
    return run


def put(key: str, content: dict[str, Any]) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(content).encode())
