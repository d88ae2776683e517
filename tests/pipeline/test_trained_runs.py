"""Files that can be trained on: whatever their key, whoever uploads them, each upload to its evaluated run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.run import Status

LESSON = {"max_depth": 3, "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.8, "num_round": 100}
# 110 of the 179 test rows are of the larger class.
TITANIC_MAJORITY = 110 / 179
# By dataset: a file name that some part could trip over.
ODD_FILES = {
    "spaces": "my data file.csv",
    "plus": "a+b c++.csv",
    "percent": "100%25 %2F%20.csv",
    "quotes": 'it\'s "quoted" `here`.csv',
    "größe & données": "größe-données-数据.csv",
}


def test_titanic_is_trained_and_scored_on_its_held_out_rows_by_nothing_that_knows_it(
    pipeline: Pipeline, titanic: Path
) -> None:
    pipeline.put("datasets/titanic/test/held out.csv", (titanic / "titanic_test.csv").read_bytes())
    csv = (titanic / "titanic_train.csv").read_bytes()
    pipeline.drop("titanic", csv, "titanic_train.csv", target="Survived", hyperparameters=LESSON)
    (run,) = pipeline.told("titanic")
    assert (run.status, run.task, run.rows, run.test_rows) == (Status.EVALUATED, "binary", 712, 179)

    evaluation = json.loads(pipeline.read(run.evaluation_key) or b"{}")
    assert evaluation["scored"]["rows"] == 179
    assert evaluation["metrics"]["accuracy"] > TITANIC_MAJORITY
    assert evaluation["metrics"]["auc"] > 0.7
    assert (pipeline.read(run.model_key) or b"").startswith(b"\x1f\x8b")
    assert b"<dt>num_round</dt>" in (pipeline.read(run.report_key) or b"")

    request = json.loads(pipeline.read(run.request_key) or b"{}")
    asked = request["HyperParameters"]
    assert {name: float(asked[name]) for name in LESSON} == LESSON
    assert json.loads(asked["target"]) == "Survived"
    assert "[]" in asked["drop"]

    message = pipeline.message("titanic")
    assert message.subject.startswith("[traindrop] titanic: trained, auc 0.")
    assert "on 179 test rows" in message.body
    assert "712 rows" in message.body
    assert run.uri(run.model_key) in message.body


@pytest.fixture(scope="module")
def dropped() -> set[str]:
    """The datasets whose files were dropped: all at once, by the first test that asks for one."""
    return set()


@pytest.mark.parametrize("dataset", ODD_FILES)
def test_a_key_of_any_spelling_is_trained_on(pipeline: Pipeline, dropped: set[str], dataset: str) -> None:
    for name, file in ODD_FILES.items():
        if name not in dropped:
            pipeline.drop(name, labelled(), file, hyperparameters=FEW_ROUNDS)
            dropped.add(name)
    (run,) = pipeline.told(dataset)
    assert (run.status, run.file) == (Status.EVALUATED, ODD_FILES[dataset])
    message = pipeline.message(dataset)
    assert message.outcome == "evaluated"
    assert run.key in message.body


def test_a_file_copied_with_the_real_aws_cli_sets_a_run_off(pipeline: Pipeline, tmp_path: Path) -> None:
    file = tmp_path / "copied by hand+1.csv"
    file.write_bytes(labelled())
    aws = Path(sys.executable).with_name("aws")
    command = [aws, "--endpoint-url", pipeline.stack.endpoint_url, "s3", "cp", "--no-progress", file,
               f"s3://{pipeline.stack.bucket}/datasets/copied/train/"]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    subprocess.run([str(part) for part in command], env=environment, check=True, capture_output=True)  # noqa: S603 - our own interpreter and script
    (run,) = pipeline.told("copied")
    assert (run.status, run.file) == (Status.EVALUATED, file.name)
    assert pipeline.message("copied").outcome == "evaluated"


def test_a_changed_training_yaml_trains_the_newest_upload_again(pipeline: Pipeline) -> None:
    pipeline.drop("again", labelled(40), "older.csv", hyperparameters=FEW_ROUNDS)
    pipeline.told("again", runs=1)
    pipeline.drop("again", labelled(), "newer.csv")
    pipeline.told("again", runs=2)
    pipeline.configure("again", hyperparameters={"num_round": 6})
    runs = pipeline.told("again", runs=3)
    assert [(run.file, run.status) for run in runs] == [
        ("newer.csv", Status.EVALUATED), ("newer.csv", Status.EVALUATED), ("older.csv", Status.EVALUATED),
    ]  # fmt: skip
    requests = [json.loads(pipeline.read(run.request_key) or b"{}") for run in runs]
    assert [request["HyperParameters"]["num_round"] for request in requests] == ["6", "5", "5"]
    assert len(wait_for(lambda: pipeline.messages("again"))) == 3


def test_events_that_come_twice_give_one_evaluation_and_one_message(pipeline: Pipeline) -> None:
    before = len(pipeline.log("Evaluator", "END RequestId"))
    pipeline.drop("twice", labelled(), hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("twice")
    wait_for(lambda: len(pipeline.log("Evaluator", "END RequestId")) >= before + 2)
    pipeline.wait_until_idle("Notifier")
    s3, bucket = boto3.client("s3"), pipeline.stack.bucket
    versions = [
        each["VersionId"] for each in s3.list_object_versions(Bucket=bucket, Prefix=run.evaluation_key)["Versions"]
    ]
    found = [
        json.loads(s3.get_object(Bucket=bucket, Key=run.evaluation_key, VersionId=version)["Body"].read())
        for version in versions
    ]
    # Two at the same moment both score it, and come to the same, but for the seconds that they took.
    assert all(each | {"timings": {}} == found[0] | {"timings": {}} for each in found)
    assert pipeline.runs("twice") == [run]
    assert len(pipeline.messages("twice")) == 1
