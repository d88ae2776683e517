"""A quota that is full is a line: one after the other, in the order in which they came, one message each."""

import json
from datetime import datetime
from itertools import pairwise
from typing import Any

import boto3
from tests.builders import a_run, stored
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, NONE_AT_ALL, ONLY_ONE, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.ledger import Ledger
from traindrop.run import Status
from traindrop_cli.local.grants import read_grants


def held(pipeline: Pipeline, dataset: str = "holder") -> str:
    """The name of a run that trains without end on the only instance there is. Each test has a dataset of its own: a
    stopped run of the same file may not be recorded as stopped yet, and would be the answer to the next."""
    pipeline.drop(dataset, labelled(), hyperparameters=ENDLESS, instance_type=ONLY_ONE)
    return pipeline.in_training(dataset).run


def test_three_drops_on_a_quota_of_one_are_trained_one_after_the_other_in_their_order(pipeline: Pipeline) -> None:
    holder = held(pipeline)
    names = ("first", "second", "third")
    for name in names:
        pipeline.drop(name, labelled(), hyperparameters=FEW_ROUNDS, instance_type=ONLY_ONE)
        pipeline.waiting(name)
    pipeline.drop("elsewhere", labelled(), hyperparameters=FEW_ROUNDS)
    assert pipeline.told("elsewhere")[0].status is Status.EVALUATED

    listed: list[dict[str, Any]] = json.loads(pipeline.traindrop("runs", "--json").stdout)
    places = {run["dataset"]: run["place_in_line"] for run in listed}
    assert [places[name] for name in (*names, "elsewhere", "holder")] == [1, 2, 3, None, None]
    third = next(run for run in listed if run["dataset"] == "third")
    assert third["waits_for"] == "its turn: others came earlier for ml.c5.xlarge"
    assert f"3rd in line for {ONLY_ONE}, waits for its turn" in pipeline.traindrop("runs").stdout
    first = next(run for run in listed if run["dataset"] == "first")
    assert f"the quota '{ONLY_ONE} for training job usage' is 1" in first["waits_for"]

    boto3.client("sagemaker").stop_training_job(TrainingJobName=holder)
    runs = [pipeline.told(name)[0] for name in names]
    assert [run.status for run in runs] == [Status.EVALUATED] * 3
    jobs = [pipeline.job(run.job) or {} for run in runs]
    for earlier, later in pairwise(jobs):
        ended: datetime = earlier["TrainingEndTime"]
        assert ended <= later["CreationTime"]
    for name in names:
        assert pipeline.message(name).outcome == "evaluated"


def test_a_waiting_drop_tells_its_place_in_the_line_while_it_waits(pipeline: Pipeline, tmp_path: Any) -> None:
    holder = held(pipeline, "another holder")
    pipeline.drop("before", labelled(), hyperparameters=FEW_ROUNDS, instance_type=ONLY_ONE)
    pipeline.waiting("before")
    file, config = tmp_path / "behind.csv", tmp_path / "training.yaml"
    file.write_bytes(labelled())
    config.write_text(json.dumps({"hyperparameters": FEW_ROUNDS, "instance_type": ONLY_ONE}), "utf-8")
    process = pipeline.start("drop", file, "--config", config, "--wait")
    pipeline.waiting("behind")
    wait_for(lambda: process.stdout and f"2nd in line for {ONLY_ONE}" in process.stdout.readline())
    boto3.client("sagemaker").stop_training_job(TrainingJobName=holder)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "behind: trained" in output


def test_a_quota_of_zero_is_told_at_once_with_the_way_to_raise_it(pipeline: Pipeline) -> None:
    pipeline.drop("hopeless", labelled(), hyperparameters=FEW_ROUNDS, instance_type=NONE_AT_ALL)
    (run,) = pipeline.told("hopeless")
    message = pipeline.message("hopeless")
    assert (run.status, message.outcome) == (Status.FAILED, "launch_failed")
    assert "servicequotas" in message.body


def test_a_waiting_run_whose_request_was_deleted_fails_and_says_so_when_its_turn_comes(pipeline: Pipeline) -> None:
    # Of a drop the launcher itself might still be about, and be the first to miss the request: training.yaml and the
    # file are an event each. This run only the dispatcher can come to.
    name = f"{pipeline.stack.name}-robbed-0123456789ab"
    where = {"bucket": pipeline.stack.bucket, "key": "datasets/robbed/train/data.csv", "instance_type": ONLY_ONE}
    stored(Ledger(pipeline.stack.table), a_run(run=name, dataset="robbed", **where))
    tick = {"source": "aws.events", "account": "000000000000", "detail-type": "Scheduled Event", "detail": {}}
    function = pipeline.resource("Dispatcher")
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=json.dumps(tick))
    assert "FunctionError" not in answer, answer["Payload"].read()
    (run,) = pipeline.told("robbed")
    message = pipeline.message("robbed")
    assert (run.status, message.outcome) == (Status.FAILED, "launch_failed")
    assert "request.json was deleted" in " ".join(message.body.split())
    role = pipeline.resource("DispatcherRole")
    assert "TellMissingFromForbidden" in {grant.sid for grant in read_grants(pipeline.grants) if grant.role == role}
