"""Checkpoints, and spot jobs: a script that is killed from outside begins again with the checkpoints it has left."""

import os
import signal
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import (
    BUCKET,
    TRUST,
    client,
    finished,
    log_lines,
    make_role,
    packed_files,
    start,
    train,
    upload_bundle,
)
from tests.training.container import mixed_rows
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

# Counts its starts in a checkpoint, and waits to be killed until it has been started often enough.
COUNT = """
import os, sys, time
path = os.environ["TRAINDROP_CHECKPOINT_DIR"] + "/starts/count"
count = int(open(path).read()) + 1 if os.path.exists(path) else 1
os.makedirs(os.path.dirname(path), exist_ok=True)
open(path, "w").write(str(count))
print("start", count, os.getpid())
if count <= int(sys.argv[-1]):
    time.sleep(60)
open(os.environ["SM_MODEL_DIR"] + "/model", "w").write(str(count))
"""
INTERRUPTED = ["Interrupted", "Starting", "Downloading", "Training"]


def spot(**changes: Any) -> dict[str, Any]:
    """A spot job with checkpoints at a place of its own."""
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints/{uuid.uuid4().hex}"}
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    options = {"EnableManagedSpotTraining": True, "CheckpointConfig": checkpoints, "StoppingCondition": limits}
    return options | changes


def checkpoint(local: LocalAws, options: dict[str, Any], name: str) -> bytes | None:
    key = f"{options['CheckpointConfig']['S3Uri'].removeprefix(f's3://{BUCKET}/')}/{name}"
    try:
        return bytes(client(local, "s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    except ClientError:
        return None


def kill(local: LocalAws, options: dict[str, Any], job: str, number: int) -> None:
    """Kill the script's start of this number, once its checkpoint lies in S3."""
    wait_for(lambda: checkpoint(local, options, "starts/count") == str(number).encode() or None)
    line = wait_for(lambda: [each for each in log_lines(local, job) if each.startswith(f"start {number} ")])[0]
    os.kill(int(line.split()[2]), signal.SIGKILL)


def kills(times: int) -> dict[str, Any]:
    """The script's hyperparameter: how often it waits to be killed."""
    return {"zz": str(times)}


def states(job: dict[str, Any]) -> list[str]:
    return [each["Status"] for each in job["SecondaryStatusTransitions"]]


def test_a_spot_job_that_is_killed_goes_on_with_its_checkpoints(aws: LocalAws) -> None:
    options = spot()
    name = start(aws, COUNT, hyperparameters=kills(1), **options)
    kill(aws, options, name, 1)
    job = finished(aws, name)
    assert (job["TrainingJobStatus"], job["EnableManagedSpotTraining"]) == ("Completed", True)
    assert states(job) == ["Starting", "Downloading", "Training", *INTERRUPTED, "Uploading", "Completed"]
    assert packed_files(aws, f"runs/{name}/output/model.tar.gz") == {"model": b"2"}
    assert checkpoint(aws, options, "starts/count") == b"2"
    assert [line.rpartition(" ")[0] for line in log_lines(aws, name)] == ["start 1", "start 2"]
    assert 1 <= job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]


def test_a_spot_job_that_is_killed_again_and_again_fails_in_the_end(aws: LocalAws) -> None:
    options = spot()
    name = start(aws, COUNT, hyperparameters=kills(9), **options)
    for number in range(1, 5):
        kill(aws, options, name, number)
    job = finished(aws, name)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode -9\n")
    assert states(job).count("Interrupted") == 3


def test_a_job_that_is_not_on_spot_fails_when_it_is_killed(aws: LocalAws) -> None:
    options = spot(EnableManagedSpotTraining=False, StoppingCondition={"MaxRuntimeInSeconds": 60})
    name = start(aws, COUNT, hyperparameters=kills(1), **options)
    kill(aws, options, name, 1)
    job = finished(aws, name)
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode -9\n")
    assert "Interrupted" not in states(job)


def test_a_spot_job_that_waits_longer_than_it_may_is_stopped(aws: LocalAws) -> None:
    limits = {"MaxRuntimeInSeconds": 2, "MaxWaitTimeInSeconds": 2}  # the waiting began before the run
    job = train(aws, COUNT, hyperparameters=kills(1), **spot(StoppingCondition=limits))
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "FailureReason" not in job


def test_what_a_job_leaves_at_its_end_is_copied_too_and_so_is_what_the_next_one_finds(aws: LocalAws) -> None:
    options = spot()
    script = """
import os
folder = os.environ["TRAINDROP_CHECKPOINT_DIR"]
print(os.listdir(folder))
open(folder + "/last", "w").write("x")
"""
    first, second = (train(aws, script, **options)["TrainingJobName"] for _ in range(2))
    assert checkpoint(aws, options, "last") == b"x"
    assert (log_lines(aws, first), log_lines(aws, second)) == (["[]"], ["['last']"])


def test_a_job_without_checkpoints_has_no_folder_for_them(aws: LocalAws) -> None:
    job = train(aws, "import os; print(os.environ.get('TRAINDROP_CHECKPOINT_DIR'), os.path.exists('../checkpoints'))")
    assert log_lines(aws, job["TrainingJobName"]) == ["None False"]


def test_checkpoints_that_may_not_be_written_fail_the_job(aws: LocalAws) -> None:
    role = make_role(aws, "reads-and-logs", ["s3:GetObject", "s3:ListBucket", "logs:*"], TRUST)
    script = "import os; open(os.environ['TRAINDROP_CHECKPOINT_DIR'] + '/state', 'w').write('x')"
    job = train(aws, script, RoleArn=role, **spot())
    assert job["FailureReason"].startswith("ClientError: Checkpoint upload failed:AccessDenied (403): ")


@pytest.mark.skipif("sys.platform != 'linux'", reason="looks the process up in /proc")
def test_a_killed_xgboost_job_trains_about_one_run_in_all(aws: LocalAws) -> None:
    options, rounds = spot(), 1500
    rows = "\n".join(
        ",".join(str(cell).replace("\n", " ").replace(",", "") for cell in row) for row in mixed_rows(2000, 1)
    )
    client(aws, "s3").put_object(Bucket=BUCKET, Key="datasets/mixed/train.csv", Body=rows.encode())
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/datasets/mixed/train.csv"}
    channels = [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]
    values = {"target": "Outcome", "num_round": str(rounds), "max_depth": "6", "refit": "false"}
    name = start(aws, upload_bundle(aws, "xgboost"), hyperparameters=values, InputDataConfig=channels, **options)
    process, variables = wait_for(lambda: process_of(name))
    wait_for((Path(variables["TRAINDROP_CHECKPOINT_DIR"]) / "validation.ubj").exists)
    os.kill(process, signal.SIGKILL)
    job = finished(aws, name)
    assert job["TrainingJobStatus"] == "Completed", job
    lines = log_lines(aws, name)
    assert lines.count("Going on from the checkpoint validation.ubj") == 1
    printed = [int(line[1:].partition("]")[0]) for line in lines if line.startswith("[")]
    assert sorted(set(printed)) == list(range(rounds))


def process_of(job: str) -> tuple[int, dict[str, str]] | None:
    """The script of the job, and its environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found = (folder / "environ").read_text().split("\0")
        except OSError:
            continue
        if f"TRAINING_JOB_NAME={job}" in found:
            return int(folder.name), dict(each.split("=", 1) for each in found if "=" in each)
    return None
