"""Framework builtin-xgboost from the drop to the evaluation, in an account of moto's; the image itself stood in for."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from functions.evaluator.app import lambda_handler as evaluator
from tests.builders import CSV, a_context
from tests.functional.conftest import BUCKET, Account
from tests.functional.service import state_change
from tests.functional.test_launcher import KEY, launch

from traindrop import aws
from traindrop.events import TrainingJob
from traindrop.run import Run, Status

CONFIG = b"target: species\nframework: builtin-xgboost\nhyperparameters: {num_round: 5, lambda: 2}\n"
PREPARED = b"framework: builtin-xgboost\nprepared: true\n"
NUMBERS = b"".join(b"%d,%d.5,%d\n" % (n % 7 > 3, n % 7, n % 5) for n in range(60))


def completed(described: dict[str, Any]) -> dict[str, Any]:
    """The event that tells of a job's end."""
    return {**state_change(described["TrainingJobName"], "Completed"), "detail": described}


def dropped(account: Account, config: bytes, csv: bytes, test: bytes | None = None) -> Run:
    account.put("datasets/flowers/training.yaml", config)
    if test is not None:
        account.put("datasets/flowers/test/held_out.csv", test)
    (name,) = launch(account.put(KEY, csv))
    return account.ledger.stored(name)


def request_of(run: Run) -> dict[str, Any]:
    found = aws.read_json(BUCKET, run.request_key)
    assert found is not None
    return found


def channels(request: dict[str, Any]) -> dict[str, bytes]:
    """The content of each channel by its name, as the image gets it."""
    found = {}
    for channel in request["InputDataConfig"]:
        key = channel["DataSource"]["S3DataSource"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")
        found[channel["ChannelName"]] = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return found


def test_a_dropped_csv_is_prepared_label_first_without_a_header_and_in_two_channels(account: Account) -> None:
    run = dropped(account, CONFIG, CSV, test=CSV)
    assert run.status is Status.IN_PROGRESS, run.reason
    request = request_of(run)
    found = channels(request)
    assert set(found) == {"train", "validation"}
    rows = [line.split(b",") for name in found for line in found[name].splitlines()]
    assert len(rows) == 60
    assert {row[0] for row in rows} == {b"0", b"1"}
    assert {channel["ContentType"] for channel in request["InputDataConfig"]} == {"text/csv"}
    assert "MetricDefinitions" not in request["AlgorithmSpecification"]


def test_hyperparameters_are_plain_text_with_objective_and_metrics_of_the_task(account: Account) -> None:
    found = request_of(dropped(account, CONFIG, CSV))["HyperParameters"]
    assert (found["num_round"], found["lambda"], found["objective"]) == ("5", "2.0", "binary:logistic")
    assert not [name for name in found if name.startswith("sagemaker_") or name in {"train", "target", "drop"}]


def test_a_csv_that_is_prepared_already_is_passed_as_it_is(account: Account) -> None:
    run = dropped(account, PREPARED, NUMBERS, test=NUMBERS)
    assert run.status is Status.IN_PROGRESS, run.reason
    assert (run.target, run.task, run.columns, run.rows) == ("first column", "binary", 3, 60)
    assert channels(request_of(run)) == {"train": NUMBERS}


@pytest.mark.parametrize(
    ("config", "csv", "said"),
    [
        (PREPARED, CSV, "line 1, column 1 holds 'length', which is no number"),
        (PREPARED + b"target: species\n", NUMBERS, "its first column is the target"),
        (PREPARED, NUMBERS * 4000, "further labels may follow"),
        (CONFIG, b"".join(CSV.splitlines(keepends=True)[:5]), "too few rows"),
        (CONFIG.replace(b"lambda", b"alhpa"), CSV, "there is no such hyperparameter"),
        (CONFIG.replace(b"lambda: 2", b"objective: 'reg:tweedie'"), CSV, "is none for binary"),
    ],
)
def test_what_the_image_would_train_garbage_on_is_rejected(
    account: Account, config: bytes, csv: bytes, said: str
) -> None:
    run = dropped(account, config, csv)
    assert run.status is Status.REJECTED
    assert said in (run.reason or "")
    assert account.jobs() == []


def trained_by_the_image(run: Run, folder: Path) -> None:
    """What the image leaves in the bucket: trained for real by what does as it does (traindrop.builtin_xgboost)."""
    request = request_of(run)
    config = {"hyperparameters": request["HyperParameters"], "resourceconfig": {"hosts": ["algo-1"]}}
    config["inputdataconfig"] = {name: {"ContentType": "text/csv"} for name in channels(request)}
    for name, content in config.items():
        path = folder / f"input/config/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    for name, body in channels(request).items():
        (folder / f"input/data/{name}").mkdir(parents=True)
        (folder / f"input/data/{name}/{name}.csv").write_bytes(body)
    environment = {**os.environ, "SAGEMAKER_BASE_DIR": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "traindrop.builtin_xgboost"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter and script
    assert done.returncode == 0, done.stderr
    assert "train-auc:" in done.stdout
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(folder / "model/xgboost-model", arcname="xgboost-model")
    aws.put(BUCKET, run.model_key, packed.getvalue(), "application/gzip")


@pytest.mark.parametrize(
    ("config", "csv", "test"), [(CONFIG, CSV, CSV), (PREPARED, NUMBERS, NUMBERS)], ids=["raw", "prepared"]
)
def test_the_evaluator_scores_a_raw_test_file_with_the_preparation_that_was_stored_with_the_run(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: bytes, csv: bytes, test: bytes
) -> None:
    run = dropped(account, config, csv, test)
    trained_by_the_image(run, tmp_path)
    described = {
        "TrainingJobName": run.run,
        "TrainingJobStatus": "Completed",
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.75}],
    }
    monkeypatch.setattr(aws, "describe_training_job", lambda _name: TrainingJob.model_validate(described))
    assert evaluator(completed(described), a_context())["status"] == Status.EVALUATED
    evaluated = account.ledger.stored(run.run)
    assert (evaluated.test_rows, evaluated.task, evaluated.validation) == (60, "binary", {"auc": 0.75})
    assert (evaluated.metrics["auc"] or 0) > 0.95


def test_a_preparation_that_is_gone_is_named(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = dropped(account, CONFIG, CSV, CSV)
    trained_by_the_image(run, tmp_path)
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=run.preparation_key)
    described = {"TrainingJobName": run.run, "TrainingJobStatus": "Completed"}
    monkeypatch.setattr(aws, "describe_training_job", lambda _name: TrainingJob.model_validate(described))
    assert evaluator(completed(described), a_context())["status"] == Status.EVALUATION_FAILED
    assert run.preparation_key in (account.ledger.stored(run.run).reason or "")
