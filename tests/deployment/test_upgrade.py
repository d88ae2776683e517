"""The present template deployed over a stack of the old release with runs in it: nothing is lost or done twice."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.deployment.account import Account, jobs_of
from tests.deployment.release import unpack
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, ONLY_ONE, Pipeline, labelled

from traindrop.run import Status

STACK = "upgraded"
KEPT = ("DropBucket", "Runs", "DeadLetters", "Messages", "Failures", "TrainingRole")
LETTER = json.dumps({"detail": "an event that the old release gave up on"})


@pytest.fixture
def old(account: Account, tmp_path: Path) -> Iterator[Pipeline]:
    yield account.deploy(STACK, unpack(tmp_path))
    account.delete(STACK)


def items(pipeline: Pipeline, dataset: str) -> list[dict[str, Any]]:
    """What the ledger holds of a dataset, as it is stored."""
    scanned = boto3.resource("dynamodb").Table(pipeline.stack.table).scan(ConsistentRead=True)["Items"]
    return [dict(item) for item in scanned if item.get("dataset") == dataset]


def test_an_upgrade_keeps_what_ended_and_carries_on_what_trains_and_waits(account: Account, old: Pipeline) -> None:
    old.drop("done", labelled(), hyperparameters=FEW_ROUNDS)
    (done,) = old.told("done")
    old.drop("training", labelled(), hyperparameters=ENDLESS, instance_type=ONLY_ONE)
    training = old.in_training("training")
    old.drop("queued", labelled(), hyperparameters=FEW_ROUNDS, instance_type=ONLY_ONE)
    queued = old.waiting("queued")
    boto3.client("sqs").send_message(QueueUrl=old.output("DeadLetterQueue"), MessageBody=LETTER)
    recorded, evaluation = items(old, "done"), old.read(done.evaluation_key)
    resources = {name: old.resource(name) for name in KEPT}

    new = replace(account.deploy(STACK), inbox=old.inbox)

    assert {name: new.resource(name) for name in KEPT} == resources
    assert new.stack == old.stack
    assert items(new, "done") == recorded
    assert new.read(done.evaluation_key) == evaluation
    assert new.read(done.model_key) is not None
    assert (new.job(training.run) or {})["TrainingJobStatus"] == "InProgress"

    # The job that the old release launched ends under the new one, which then launches what the old one put in line.
    assert new.traindrop("stop", training.run, "--yes").returncode == 0
    assert new.told("training")[0].status is Status.STOPPED
    (after,) = new.told("queued")
    assert (after.run, after.status) == (queued.run, Status.EVALUATED)
    assert jobs_of(new) == [done.run, training.run, queued.run]

    outcomes = {dataset: [each.outcome for each in new.messages(dataset)] for dataset in ("done", "training", "queued")}
    assert outcomes == {"done": ["evaluated"], "training": ["stopped"], "queued": ["evaluated"]}
    assert new.dead_letters() == [json.loads(LETTER)]


def test_what_was_dropped_before_the_upgrade_is_known_after_it(account: Account, old: Pipeline) -> None:
    old.drop("flowers", labelled(), hyperparameters=FEW_ROUNDS)
    (first,) = old.told("flowers")
    new = replace(account.deploy(STACK), inbox=old.inbox)
    assert new.traindrop("show", first.run).returncode == 0
    assert first.run in new.traindrop("runs").stdout
    assert new.traindrop("rerun", first.run).returncode == 0
    again = new.told("flowers", runs=2)
    assert [run.status for run in again] == [Status.EVALUATED] * 2
    assert {run.run for run in again} > {first.run}
