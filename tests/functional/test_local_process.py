"""The process of a local AWS: it starts, keeps what it was told to keep, and leaves nothing running."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import BUCKET, TRUST, a_request, client, make_role, upload_script
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws, LocalAwsError
from traindrop_cli.local.settings import LocalSettings

SLEEPER = "import os, time; open(os.environ['PID_FILE'], 'w').write(str(os.getpid())); time.sleep(60)"
STARTER = """
import sys, time
from traindrop_cli.local.client import LocalAws
aws = LocalAws.start()
print(aws.process.pid, aws.endpoint_url, flush=True)
time.sleep(60)
"""


def start_training(local: LocalAws, pid_file: Path) -> int:
    """Start a training that sleeps; returns its process id."""
    client(local, "s3").create_bucket(Bucket=BUCKET)
    client(local, "s3").put_object(Bucket=BUCKET, Key="datasets/toy/train/my data+1.csv", Body=b"x")
    make_role(local, "training", ["s3:*", "logs:*"], TRUST)
    request = a_request(upload_script(local, SLEEPER), Environment={"PID_FILE": str(pid_file)})
    client(local, "sagemaker").create_training_job(**request)
    return int(wait_for(lambda: pid_file.read_text() if pid_file.exists() else None))


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_stopping_it_ends_its_trainings(tmp_path: Path) -> None:
    with LocalAws.start() as local:
        training = start_training(local, tmp_path / "pid")
        began = time.monotonic()
    assert time.monotonic() - began < 4
    assert wait_for(lambda: has_ended(training))
    assert has_ended(local.process.pid)


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux can tie a process to the death of its parent")
def test_killing_it_ends_its_trainings_too(tmp_path: Path) -> None:
    with LocalAws.start() as local:
        training = start_training(local, tmp_path / "pid")
        local.process.kill()
        assert wait_for(lambda: has_ended(training))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_the_process_that_started_it(number: signal.Signals) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own interpreter
    assert starter.stdout is not None
    with starter.stdout as output:
        pid = int(output.readline().split()[0])
    assert not has_ended(pid)
    starter.send_signal(number)
    starter.wait()
    assert wait_for(lambda: has_ended(pid))


def test_what_keeps_it_from_starting_is_in_the_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = LocalSettings(port=taken.getsockname()[1])
        with pytest.raises(LocalAwsError, match=r"(?s)exit status 1.*The last lines of .*Address already in use"):
            LocalAws.start(settings, log_file=tmp_path / "log")


def test_a_state_folder_keeps_objects_and_the_names_of_jobs(tmp_path: Path) -> None:
    settings = LocalSettings(state_dir=tmp_path / "state")
    with LocalAws.start(settings) as local:
        start_training(local, tmp_path / "pid")
        (before,) = client(local, "sagemaker").list_training_jobs()["TrainingJobSummaries"]
    with LocalAws.start(settings) as local:
        assert client(local, "s3").list_objects_v2(Bucket=BUCKET, Prefix="datasets/")["KeyCount"] == 1
        (after,) = client(local, "sagemaker").list_training_jobs()["TrainingJobSummaries"]
        assert after["TrainingJobName"] == before["TrainingJobName"]
        assert after["TrainingJobStatus"] in ("Stopped", "Failed")
        with pytest.raises(ClientError, match="ResourceInUse"):
            client(local, "sagemaker").create_training_job(
                **a_request(f"s3://{BUCKET}/code/none", TrainingJobName=after["TrainingJobName"])
            )


def test_its_environment_is_all_that_boto3_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalAws.start() as local:
        for name, value in local.environment.items():
            monkeypatch.setenv(name, value)
        assert boto3.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_the_settings_of_the_person_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-the-person")
    monkeypatch.setenv("AWS_PROFILE", "of-the-person")
    monkeypatch.setenv("MINISTACK_ACCOUNT_ID", "111111111111")
    with LocalAws.start() as local:
        monkeypatch.delenv("AWS_PROFILE")
        assert client(local, "sts").get_caller_identity()["Account"] == "000000000000"
