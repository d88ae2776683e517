"""The launcher, whole, in an account of moto's."""

import gzip
import json
from typing import Any
from urllib.parse import quote_plus

import boto3
import pytest
from functions.launcher.app import lambda_handler
from tests.builders import CSV, a_context, classic_event, client_error
from tests.functional.conftest import BUCKET, ROLE, Account

from traindrop import aws
from traindrop.receiving import ACCOMPANIES
from traindrop.run import Status

KEY = "datasets/flowers/train/flowers.csv"
CONFIG = b"target: species\nhyperparameters:\n  max_depth: 3\n"


def launch(event: dict[str, Any]) -> list[str]:
    found: list[str] = lambda_handler(event, a_context())["runs"]
    return found


def test_an_upload_launches_one_training_job_with_only_the_dropped_object_as_its_data(account: Account) -> None:
    account.put("datasets/flowers/train/older.csv", CSV)
    account.put("datasets/flowers/test/held_out.csv", CSV)
    account.put("datasets/flowers/training.yaml", CONFIG)
    (run,) = launch(account.put(KEY, CSV))
    job = boto3.client("sagemaker").describe_training_job(TrainingJobName=run)
    channels = {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in job["InputDataConfig"]
    }
    assert channels == {
        "train": f"s3://{BUCKET}/inputs/{run}/train/flowers.csv",
        "test": f"s3://{BUCKET}/inputs/{run}/test/held_out.csv",
    }
    assert job["RoleArn"] == ROLE
    assert json.loads(job["HyperParameters"]["max_depth"]) == 3
    assert json.loads(job["HyperParameters"]["target"]) == "species"


def test_the_launched_run_stands_in_the_ledger_with_what_the_check_learned(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    (name,) = launch(account.put(KEY, CSV))
    run = account.ledger.stored(name)
    assert run.status is Status.IN_PROGRESS
    assert (run.dataset, run.target, run.task, run.rows, run.columns) == ("flowers", "species", "binary", 60, 3)


def test_the_request_and_the_script_bundle_are_stored_with_the_run(account: Account) -> None:
    (name,) = launch(account.put(KEY, CSV.replace(b"species", b"label")))
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{name}/request.json")["Body"].read()
    request = json.loads(stored)
    assert request["TrainingJobName"] == name
    bundle = json.loads(request["HyperParameters"]["sagemaker_submit_directory"])
    assert aws.exists(BUCKET, bundle.removeprefix(f"s3://{BUCKET}/"))


def test_the_same_event_twice_launches_once(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    event = account.put(KEY, CSV)
    assert launch(event) == launch(event)
    assert len(account.jobs()) == 1
    assert len(account.runs()) == 1


def test_a_launcher_that_died_before_it_recorded_the_launch_is_picked_up_by_the_next_delivery(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    event = account.put(KEY, CSV)

    def refuse(_request: dict[str, Any]) -> None:
        raise client_error("CreateTrainingJob", "ResourceInUse", "Training job names must be unique")

    with monkeypatch.context() as patched:
        patched.setattr(aws, "create_training_job", refuse)
        (name,) = launch(event)
    assert account.ledger.stored(name).status is Status.IN_PROGRESS


def test_an_event_may_hold_several_uploads_with_encoded_keys_and_none_is_skipped(account: Account) -> None:
    keys = ["datasets/flowers/train/my file+1.csv", 'datasets/gemüse & co/train/100% "frisch".csv']
    for key in keys:
        account.put(key, CSV.replace(b"species", b"label"))
    assert len(launch(classic_event(BUCKET, [quote_plus(key, safe="/") for key in keys], CSV))) == 2
    assert {run.key for run in account.runs()} == set(keys)
    assert len(account.jobs()) == 2


def test_one_upload_that_fails_does_not_keep_the_next_one_of_its_event_from_its_turn(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ["datasets/a/train/a.csv", "datasets/b/train/b.csv"]
    for key in keys:
        account.put(key, CSV.replace(b"species", b"label"))
    create = aws.create_training_job

    def broken_for_one(request: dict[str, Any]) -> None:
        if "-a-" in request["TrainingJobName"]:
            raise client_error("CreateTrainingJob", "InternalFailure", "We encountered an internal error")
        create(request)

    monkeypatch.setattr(aws, "create_training_job", broken_for_one)
    with pytest.raises(ExceptionGroup, match="1 of 2 uploads"):
        launch(classic_event(BUCKET, keys, CSV))
    assert {run.dataset: run.status for run in account.runs()} == {"a": Status.WAITING, "b": Status.IN_PROGRESS}


def test_the_version_that_was_checked_is_trained_on_even_where_the_key_was_overwritten_meanwhile(
    account: Account,
) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    event = account.put(KEY, CSV)
    account.put(KEY, b"other,species\n1,rose\n")
    (run,) = launch(event)
    copied = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"inputs/{run}/train/flowers.csv")["Body"].read()
    assert copied == CSV


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"a,b,label\n", "no rows"),
        (bytes(range(256)) * 4, "binary"),
        ("größe,label\n1,ja\n2,nein\n".encode("latin-1"), "Latin-1"),
        (CSV + CSV, "header"),
        (CSV, "target"),
        (b"a,label\n" + b"1,yes\n" * 40, "one class"),
        (CSV.replace(b"species", b"label") + b"1,2\n", "line 62"),
        (b"1,2,0\n3,4,1\n" * 40, "header"),
        (",".join([*(f"c{n}" for n in range(299)), "label"]).encode() + b"\n" + b"1," * 299 + b"yes\n", "row"),
        (gzip.compress(CSV, mtime=0), "gzip"),
    ],
    ids=["empty", "header only", "binary", "Latin-1", "a header twice", "target missing", "one class",
         "ragged rows", "no header", "300 columns and one row", "gzip"],
)  # fmt: skip
def test_a_file_that_cannot_be_trained_on_is_rejected_with_one_message_and_no_job(
    account: Account, body: bytes, says: str
) -> None:
    (name,) = launch(account.put(KEY, body))
    run = account.ledger.stored(name)
    assert run.status is Status.REJECTED
    assert "flowers.csv" in (run.reason or "")
    assert says.lower() in (run.reason or "").lower()
    assert account.jobs() == []
    assert [event["detail-type"] for event in account.events()] == ["Run Rejected"]


def test_a_name_that_the_script_would_take_for_an_option_is_rejected(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", b"target: -species\n")
    (name,) = launch(account.put(KEY, CSV.replace(b"species", b"-species")))
    assert "begins with a hyphen" in (account.ledger.stored(name).reason or "")
    assert account.jobs() == []


def test_a_config_with_an_unknown_field_is_rejected_naming_it(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", b"targt: species\n")
    (name,) = launch(account.put(KEY, CSV))
    assert "targt" in (account.ledger.stored(name).reason or "")
    assert account.jobs() == []


def test_a_held_out_file_that_could_not_be_scored_is_rejected_before_money_is_spent(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    account.put("datasets/flowers/test/t.csv", b"length,species\n" + b"1,rose\n" * 30)
    (name,) = launch(account.put(KEY, CSV))
    reason = account.ledger.stored(name).reason or ""
    assert "t.csv" in reason
    assert "width" in reason
    assert account.jobs() == []


def test_a_changed_config_trains_the_newest_upload_again(account: Account) -> None:
    account.put("datasets/flowers/training.yaml", CONFIG)
    first = launch(account.put(KEY, CSV))
    event = account.put("datasets/flowers/training.yaml", CONFIG + b"seed: 7\n")
    second = launch(event)
    assert first != second
    assert {account.ledger.stored(name).key for name in second} == {KEY}
    assert len(account.jobs()) == 2


def test_a_config_that_was_uploaded_with_a_csv_launches_nothing_by_itself(account: Account) -> None:
    account.put(KEY, CSV)
    event = account.put("datasets/flowers/training.yaml", CONFIG, Metadata={ACCOMPANIES: "a-drop"})
    assert launch(event) == []
    assert account.jobs() == []


def test_a_config_with_nothing_to_train_on_yet_is_only_checked(account: Account) -> None:
    assert launch(account.put("datasets/flowers/training.yaml", CONFIG)) == []
    (name,) = launch(account.put("datasets/flowers/training.yaml", b"target: [1]\n"))
    assert account.ledger.stored(name).status is Status.REJECTED


def test_a_folder_marker_is_no_upload(account: Account) -> None:
    assert launch(account.put("datasets/flowers/train/", b"")) == []
    assert account.runs() == []


def test_a_file_that_is_no_csv_is_rejected_and_not_ignored(account: Account) -> None:
    (name,) = launch(account.put("datasets/flowers/train/flowers.parquet", b"PAR1"))
    assert ".csv" in (account.ledger.stored(name).reason or "")


def test_a_rejection_that_was_recorded_but_not_told_is_told_by_the_next_delivery(account: Account) -> None:
    event = account.put(KEY, b"")
    launch(event)
    account.events()
    launch(event)
    assert [told["detail-type"] for told in account.events()] == ["Run Rejected"]


@pytest.mark.parametrize(
    ("config", "warned"),
    [
        (b"framework: sklearn\nuse_spot: true\n", "scikit-learn fits a model in one call"),
        (b"framework: builtin-xgboost\nuse_spot: true\n", "checkpoints may not be found again"),
        (b"use_spot: true\n", None),
        (b"framework: sklearn\n", None),
    ],
)
def test_a_spot_run_that_would_begin_anew_is_warned_of(account: Account, config: bytes, warned: str | None) -> None:
    account.put("datasets/flowers/training.yaml", b"target: species\n" + config)
    (name,) = launch(account.put(KEY, CSV))
    notes = " ".join(account.ledger.stored(name).notes)
    assert (warned or "spot") in notes if warned else "spot" not in notes
