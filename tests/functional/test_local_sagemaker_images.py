"""Jobs without a script of ours: the XGBoost image's own algorithm, and images that a Docker engine runs."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.functional.local_fixtures.aws import BUCKET, a_request, client, finished, log_lines, packed_files
from tests.waiting import wait_for

from traindrop.container import prepare
from traindrop.job_files import JobFailed
from traindrop.job_state import Scope, new_job
from traindrop.process import Supervision
from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.sagemaker.attempt import runner_of
from traindrop_cli.local.sagemaker.docker_engine import DockerEngine, run_arguments
from traindrop_cli.local.sagemaker.surroundings import Settings
from traindrop_cli.local.sagemaker.task import Task

pytest_plugins = ["tests.functional.local_fixtures.plugin", "tests.functional.local_fixtures.docker_image"]

ALGORITHM = {
    "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0", "TrainingInputMode": "File"
}  # fmt: skip
EXAMPLE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"


def of_image(name: str = EXAMPLE, how: str = "train", **changes: Any) -> dict[str, Any]:
    """A request without a script, for a person's own image."""
    changes.setdefault("HyperParameters", {"depth": "3"})
    algorithm = {"TrainingImage": name, "TrainingInputMode": "File", **changes.pop("algorithm", {})}
    return a_request(AlgorithmSpecification=algorithm, Environment={"HOW": how}, **changes)


def create(local: LocalAws, request: dict[str, Any]) -> str:
    client(local, "sagemaker").create_training_job(**request)
    return str(request["TrainingJobName"])


def containers(engine: DockerEngine, job: str) -> list[str]:
    command = [engine.cli, "ps", "--all", "--quiet", "--filter", f"name={job}"]
    done = subprocess.run(command, env=engine.env, check=True, capture_output=True, text=True)  # noqa: S603 - the engine or our own interpreter
    return done.stdout.split()


def test_the_xgboost_image_without_a_script_trains_by_its_own_algorithm(aws: LocalAws) -> None:
    for name in ("train", "validation"):
        rows = "".join(f"{n % 2},{n % 2 + n % 3 / 9},{n}\n" for n in range(60))
        client(aws, "s3").put_object(Bucket=BUCKET, Key=f"prepared/{name}/data.csv", Body=rows.encode())
    channels = [
        {
            "ChannelName": name,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/prepared/{name}/"}},
        }
        for name in ("train", "validation")
    ]
    values = {"num_round": "3", "objective": "binary:logistic", "eval_metric": "auc"}
    request = a_request(AlgorithmSpecification=ALGORITHM, HyperParameters=values, InputDataConfig=channels)
    job = finished(aws, create(aws, request))
    assert job["TrainingJobStatus"] == "Completed", (job, log_lines(aws, job["TrainingJobName"]))
    assert list(packed_files(aws, f"runs/{job['TrainingJobName']}/output/model.tar.gz")) == ["xgboost-model"]
    # By SageMaker's own metric definitions.
    found = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert set(found) == {"train:auc", "validation:auc"}


def test_metric_definitions_of_ones_own_are_refused_for_sagemakers_algorithm(aws: LocalAws) -> None:
    definitions = [{"Name": "auc", "Regex": "auc=([0-9.]+)"}]
    with pytest.raises(ClientError, match="You can't override the metric definitions for Amazon SageMaker algorithms"):
        create(aws, a_request(AlgorithmSpecification={**ALGORITHM, "MetricDefinitions": definitions}))


def test_what_the_algorithm_cannot_read_is_the_reason(aws: LocalAws) -> None:
    job = finished(aws, create(aws, a_request(AlgorithmSpecification=ALGORITHM, HyperParameters={"num_round": "3"})))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: framework error: \n")
    assert "channel train has content type none, which means libsvm" in job["FailureReason"]


@pytest.mark.parametrize("host", [None, "unix:///nonexistent.sock"])
def test_without_docker_an_image_fails_with_what_to_do(host: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if host is None:
        monkeypatch.setenv("PATH", "")
    settings = Settings("http://127.0.0.1:1", Path(), docker_host=host)
    job = new_job(Scope("000000000000", "us-east-1"), of_image(), 0)
    credentials: Any = {}
    with pytest.raises(JobFailed) as failed:
        runner_of(Task(job, settings, credentials, threading.Event(), lambda *_: None))
    reason = str(failed.value)
    assert reason.startswith(f"ClientError: Without AWS the image {EXAMPLE} needs Docker, and ")
    assert "https://docs.docker.com/get-docker/" in reason


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ({}, [EXAMPLE, "train"]),
        ({"ContainerArguments": ["--fast"]}, [EXAMPLE, "--fast"]),
        ({"ContainerEntrypoint": ["python", "-u"], "ContainerArguments": ["a.py"]}, [EXAMPLE, "-u", "a.py"]),
        ({"ContainerEntrypoint": ["start"]}, [EXAMPLE]),
    ],
)
def test_the_entry_point_of_the_request_takes_the_place_of_train(
    tmp_path: Path, algorithm: dict[str, Any], expected: list[str]
) -> None:
    request = of_image(algorithm=algorithm)
    arguments = run_arguments(request, prepare(request, tmp_path), "name", {})
    assert arguments[arguments.index(EXAMPLE) :] == expected
    assert ("--entrypoint=python" in arguments) == (expected[1:2] == ["-u"])


def test_a_container_gets_no_network_where_it_is_isolated_and_its_checkpoints_where_it_wants_them(
    tmp_path: Path,
) -> None:
    checkpoints = {"S3Uri": "s3://b/c", "LocalPath": "/state"}
    request = of_image(EnableNetworkIsolation=True, CheckpointConfig=checkpoints)
    arguments = run_arguments(request, prepare(request, tmp_path), "name", {})
    assert "--network=none" in arguments
    assert f"--volume={tmp_path}/checkpoints:/state" in arguments
    assert "--env=TRAINDROP_CHECKPOINT_DIR=/state" in arguments
    assert not any(each.endswith(":/opt/ml") for each in arguments)


@pytest.mark.docker
def test_an_image_is_run_with_the_jobs_data_and_variables_and_its_model_is_kept(aws: LocalAws, image: str) -> None:
    name = create(aws, of_image(image))
    job = finished(aws, name)
    assert job["TrainingJobStatus"] == "Completed", job
    assert log_lines(aws, name) == ['train, files my data+1.csv, {"depth": "3"}']
    assert packed_files(aws, f"runs/{name}/output/model.tar.gz") == {"x-algo-1": b"x\n"}


@pytest.mark.docker
def test_an_image_of_script_mode_gets_its_hyperparameters_as_they_are(aws: LocalAws, image: str) -> None:
    values = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"s3://{BUCKET}/none"'}
    name = create(aws, of_image(image, HyperParameters=values))
    assert finished(aws, name)["TrainingJobStatus"] == "Completed"
    assert log_lines(aws, name) == [f"train, files my data+1.csv, {json.dumps(values)}"]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("how", "reason"),
    [("fail", "AlgorithmError: no rows\n, exit code: 3"), ("break", "AlgorithmError: , exit code: 7")],
)
def test_an_image_that_fails_fails_the_job(aws: LocalAws, image: str, how: str, reason: str) -> None:
    job = finished(aws, create(aws, of_image(image, how)))
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", reason)


@pytest.mark.docker
def test_an_image_that_cannot_be_started_fails_the_job_with_dockers_words(aws: LocalAws, image: str) -> None:
    job = finished(aws, create(aws, of_image(image, algorithm={"ContainerEntrypoint": ["no-such-program"]})))
    assert job["FailureReason"].startswith("ClientError: CannotStartContainerError. Please make sure the container can")
    assert "no-such-program" in job["FailureReason"]


@pytest.mark.docker
def test_a_stopped_job_leaves_no_container(aws: LocalAws, image: str, engine: DockerEngine) -> None:
    name = create(aws, of_image(image, "sleep"))
    wait_for(lambda: log_lines(aws, name))
    assert len(containers(engine, name)) == 1
    client(aws, "sagemaker").stop_training_job(TrainingJobName=name)
    assert finished(aws, name)["TrainingJobStatus"] == "Stopped"
    assert containers(engine, name) == []


@pytest.mark.docker
@pytest.mark.skipif("sys.platform != 'linux'", reason="several instances need Linux's loopback")
def test_an_image_runs_on_several_instances(aws: LocalAws, image: str) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    name = create(aws, of_image(image, ResourceConfig=resources))
    assert finished(aws, name)["TrainingJobStatus"] == "Completed"
    hosts = packed_files(aws, f"runs/{name}/output/model.tar.gz")
    assert [host.rpartition(".")[2] for host in sorted(hosts)] == ["1", "2"]


@pytest.mark.docker
def test_a_container_does_not_outlive_the_local_aws(tmp_path: Path, image: str, engine: DockerEngine) -> None:
    request = of_image(image, "sleep")
    program = f"""
from pathlib import Path
from traindrop.container import prepare
from traindrop.process import Supervision
from traindrop_cli.local.sagemaker.docker_engine import DockerEngine
request = {request!r}
supervision = Supervision(lambda line: print(line, flush=True), die_with_parent=True)
DockerEngine.of_this_machine(None).run(request, prepare(request, Path({str(tmp_path)!r})), {{}}, supervision)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)  # noqa: S603 - the engine or our own interpreter
    assert process.stdout
    assert process.stdout.readline().startswith("sleep, ")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: containers(engine, request["TrainingJobName"]) == [])


@pytest.mark.docker
@pytest.mark.skipif("sys.platform != 'linux' or os.getuid() != 0", reason="plays another user, as root on Linux")
def test_what_a_container_wrote_as_root_becomes_the_callers(
    tmp_path: Path, image: str, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = of_image(image)
    folders = prepare(request, tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    outcome = engine.run(request, folders, {}, Supervision(lambda _: None))
    assert (outcome.exit_code, outcome.failure_reason) == (0, None)
    assert (folders.model / "x-algo-1").stat().st_uid == 1234
