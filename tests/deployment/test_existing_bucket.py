"""A stack on a bucket that was there before it: it uses the bucket, and changes nothing about it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.deployment.account import Account
from tests.pipeline.pipeline import FEW_ROUNDS, Pipeline, labelled

from traindrop.run import Status

BUCKET = "belongs-to-a-person"
STACK = "guest"


def make_bucket(*, events: bool = True, versions: bool = True) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="theirs/notes.txt", Body=b"was here before")
    if versions:
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    if events:
        s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )


@pytest.fixture(autouse=True)
def _gone_afterwards(account: Account) -> Iterator[None]:
    yield
    account.delete(STACK)
    objects = boto3.resource("s3").Bucket(BUCKET)
    objects.object_versions.delete()
    objects.delete()


def settings_of_bucket() -> dict[str, Any]:
    """What a stack could have changed about the bucket; None where it was never set."""
    s3 = boto3.client("s3")
    asked = ("versioning", "notification_configuration", "encryption", "policy", "lifecycle_configuration", "tagging")
    found: dict[str, Any] = {}
    for name in asked:
        try:
            found[name] = getattr(s3, f"get_bucket_{name}")(Bucket=BUCKET)
        except s3.exceptions.ClientError as error:
            found[name] = error.response["Error"]["Code"]
        else:
            del found[name]["ResponseMetadata"]
    return found


def test_a_drop_is_evaluated_and_the_bucket_keeps_its_settings_and_outlives_the_stack(account: Account) -> None:
    make_bucket()
    before = settings_of_bucket()
    guest = account.deploy(STACK, ExistingBucket=BUCKET)
    assert guest.stack.bucket == BUCKET
    guest.drop("flowers", labelled(), hyperparameters=FEW_ROUNDS)
    (run,) = guest.told("flowers")
    assert (run.status, run.bucket) == (Status.EVALUATED, BUCKET)
    assert guest.message("flowers").outcome == "evaluated"
    assert guest.dead_letters() == []
    assert settings_of_bucket() == before

    account.delete(STACK)
    assert guest.read(run.evaluation_key) is not None
    assert guest.read("theirs/notes.txt") == b"was here before"
    assert guest.runs("flowers") == [run]
    assert settings_of_bucket() == before


def csv_file(folder: Path) -> Path:
    (folder / "training.yaml").write_text("hyperparameters: {num_round: 5}", "utf-8")
    file = folder / "flowers.csv"
    file.write_bytes(labelled())
    return file


def test_the_command_line_drops_into_it_and_waits(account: Account, tmp_path: Path) -> None:
    make_bucket()
    guest = account.deploy(STACK, ExistingBucket=BUCKET)
    file = csv_file(tmp_path)
    done = guest.traindrop("drop", file, "--config", tmp_path / "training.yaml", "--wait")
    assert done.returncode == 0, done.stderr
    assert "flowers: trained" in done.stdout


@pytest.mark.parametrize(
    ("missing", "mended_by"),
    [("events", "put-bucket-notification-configuration"), ("versions", "put-bucket-versioning")],
)
def test_a_bucket_that_would_not_take_a_drop_is_told_of_before_anything_is_uploaded(
    account: Account, tmp_path: Path, missing: str, mended_by: str
) -> None:
    make_bucket(**{missing: False})
    guest: Pipeline = account.deploy(STACK, ExistingBucket=BUCKET)
    done = guest.traindrop("drop", csv_file(tmp_path), "--wait")
    assert done.returncode == 3
    assert f"{mended_by} --bucket {BUCKET}" in done.stderr
    assert guest.read("datasets/flowers/train/flowers.csv") is None
