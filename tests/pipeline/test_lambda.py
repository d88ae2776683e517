"""instance_type lambda: the same script, carried out by the trainer; what becomes of a run that it cannot finish."""

import contextlib
import io
import json
import os
import signal
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, Pipeline, labelled
from tests.waiting import wait_for

from traindrop.lambda_jobs import LambdaJobs
from traindrop.ledger import Ledger
from traindrop.run import Run, Status
from traindrop_cli.commands.demo import TARGET, write_breast_cancer

# Some seconds: enough to be killed in between, and then to be done a second time.
LONG = {"num_round": 4000}
STATE_CHANGE = "SageMaker Training Job State Change"


def jobs(pipeline: Pipeline) -> LambdaJobs:
    return LambdaJobs(Ledger(pipeline.stack.table))


def in_training(pipeline: Pipeline, dataset: str) -> Run:
    """The dataset's newest run, once its script has begun to train in Lambda."""

    def look() -> Run | None:
        run = next(iter(pipeline.runs(dataset)), None)
        job = jobs(pipeline).get(run.job) if run else None
        return run if job and job.state.secondary_status == "Training" else None

    return wait_for(look)


def members(archive: bytes | None) -> dict[str, bytes]:
    """The files in a packed artifact, by name; none where there is no artifact."""
    if archive is None:
        return {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        found = {name: tar.extractfile(name) for name in tar.getnames()}
        return {name: file.read() for name, file in found.items() if file is not None}


@contextmanager
def overheard() -> Iterator[Any]:
    """A function that gives the state changes which the bus delivered since the block began, by their job."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url = sqs.create_queue(QueueName="overheard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"detail-type": [STATE_CHANGE], "detail": {"TrainingJobStatus": ["Completed"]}}
    events.put_rule(Name="overheard", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="overheard", Targets=[{"Id": "queue", "Arn": arn}])
    heard: dict[str, dict[str, Any]] = {}

    def hear() -> dict[str, dict[str, Any]]:
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                event = json.loads(message["Body"])
                heard[event["detail"]["TrainingJobName"]] = event
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return heard

    try:
        yield hear
    finally:
        events.remove_targets(Rule="overheard", Ids=["queue"])
        events.delete_rule(Name="overheard")
        sqs.delete_queue(QueueUrl=url)


def shape(value: Any) -> Any:
    """Keys and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else type(value)


# What two jobs of the same request do not share: their names, and when it happened.
OF_ITS_OWN = {
    "TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime",
    "SecondaryStatusTransitions",
}  # fmt: skip


@pytest.mark.parametrize(
    ("framework", "model"),
    [("xgboost", "model.ubj"), ("builtin-xgboost", "xgboost-model")],
    ids=["script", "algorithm"],
)
def test_lambda_and_sagemaker_give_the_same_model_and_tell_of_it_alike(
    pipeline: Pipeline, tmp_path: Path, framework: str, model: str
) -> None:
    train, test = write_breast_cancer(tmp_path)
    dataset = f"twins-{framework}"
    settings: dict[str, Any] = {
        "framework": framework, "target": TARGET, "seed": 7, "hyperparameters": {"num_round": 20, "subsample": 0.8},
    }  # fmt: skip
    pipeline.put(f"datasets/{dataset}/test/held_out.csv", test.read_bytes())
    with overheard() as heard:
        pipeline.drop(dataset, train.read_bytes(), instance_type="ml.m5.large", **settings)
        (at_sagemaker,) = pipeline.told(dataset)
        pipeline.configure(dataset, instance_type="lambda", **settings)
        in_lambda, _ = pipeline.told(dataset, runs=2)
        both = {in_lambda.job, at_sagemaker.job}
        events = wait_for(lambda: heard() if both <= heard().keys() else None)
    assert pipeline.job(in_lambda.job) is None  # SageMaker knows nothing of it
    assert (in_lambda.status, in_lambda.instance_type, in_lambda.memory_mb) == (Status.EVALUATED, "lambda", 1769)
    assert "Instances   Lambda, 1,769 MB" in pipeline.messages(dataset)[1].body

    for key in ("model_key", "output_key"):
        ours, theirs = (members(pipeline.read(getattr(run, key))) for run in (in_lambda, at_sagemaker))
        assert ours == theirs
    assert model in members(pipeline.read(in_lambda.model_key))
    assert in_lambda.metrics == at_sagemaker.metrics
    assert in_lambda.reported == at_sagemaker.reported

    ours, theirs = events[in_lambda.job], events[at_sagemaker.job]
    # The bus alone tells them apart: PutEvents refuses a source that begins with aws.
    assert (ours["source"], theirs["source"]) == (f"traindrop.{pipeline.stack.name}", "aws.sagemaker")
    assert shape(ours["detail"]) == shape(theirs["detail"])
    different = {name for name, value in ours["detail"].items() if value != theirs["detail"][name]}
    # Beside those of any two jobs: where its inputs lie, and its name, which is among its tags and what a script gets.
    assert different | {"HyperParameters"} == OF_ITS_OWN | {"InputDataConfig", "HyperParameters", "Tags"}


def test_a_job_that_is_handed_over_twice_is_trained_once(pipeline: Pipeline) -> None:
    pipeline.drop("doubled", labelled(), hyperparameters=ENDLESS, instance_type="lambda")
    run = in_training(pipeline, "doubled")
    began = jobs(pipeline).stored(run.job).state
    again = boto3.client("lambda").invoke(
        FunctionName=f"{pipeline.stack.name}-Trainer", Payload=json.dumps(dict(began.request))
    )
    assert json.loads(again["Payload"].read()) == {"job": run.job, "status": None}
    assert jobs(pipeline).stored(run.job).state == began
    assert pipeline.traindrop("stop", run.run, "--yes").returncode == 0
    (stopped,) = pipeline.told("doubled")
    assert (stopped.status, stopped.attempt) == (Status.STOPPED, 1)
    assert pipeline.message("doubled").outcome == "stopped"


def script_of(job: str) -> int:
    """The process that a job's script runs in."""
    name = f"TRAINING_JOB_NAME={job}".encode()

    def look() -> int | None:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it is gone, or another's
                is_script = b"train.py" in (process / "cmdline").read_bytes()
                if is_script and name in (process / "environ").read_bytes().split(b"\0"):
                    return int(process.name)
        return None

    return wait_for(look)


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("dataset", "victim", "told"),
    [
        # As the kernel does it when memory runs out.
        (
            "greedy",
            lambda script: script,
            "Trained on ml.m5.large: in Lambda it ran out of memory (the function has",
        ),
        ("wordless", parent_of, "Trained on ml.m5.large: in Lambda its function came to no end (Runtime.HandlerError:"),
    ],
    ids=["the script is killed", "the function is killed"],
)
def test_a_run_that_lambda_cannot_finish_goes_on_at_sagemaker_by_itself_and_the_message_says_why(
    pipeline: Pipeline, dataset: str, victim: Callable[[int], int], told: str
) -> None:
    pipeline.drop(dataset, labelled(), hyperparameters=LONG, instance_type="lambda")
    run = in_training(pipeline, dataset)
    os.kill(victim(script_of(run.job)), signal.SIGKILL)
    (ended,) = pipeline.told(dataset)
    assert (ended.status, ended.attempt, ended.instance_type) == (Status.EVALUATED, 2, "ml.m5.large")
    assert (pipeline.job(f"{run.run}-r2") or {})["TrainingJobStatus"] == "Completed"
    message = pipeline.message(dataset)
    assert told in " ".join(message.body.split())
    assert "Instances   1 x ml.m5.large" in message.body


def test_lambda_jobs_count_among_the_stacks_jobs_and_give_their_place_back(pipeline: Pipeline) -> None:
    pipeline.drop("placed", labelled(), hyperparameters=ENDLESS, instance_type="lambda")
    run = in_training(pipeline, "placed")
    ledger = Ledger(pipeline.stack.table)
    assert run.job in ledger.slots()
    assert pipeline.traindrop("stop", run.run, "--yes").returncode == 0
    wait_for(lambda: run.job not in ledger.slots())


def test_the_trainer_of_large_files_carries_out_a_job_too_with_a_role_of_its_own(pipeline: Pipeline) -> None:
    pipeline.drop("large", labelled(), hyperparameters=FEW_ROUNDS, instance_type="lambda")
    (run,) = pipeline.told("large")
    # A file of its size would take too long here: the same request once more, under a name of no run.
    name = f"{run.run[:-12]}{'0' * 12}"
    request = json.loads(pipeline.read(run.request_key) or b"") | {"TrainingJobName": name}
    jobs(pipeline).create(request, "us-east-1")
    function = f"{pipeline.stack.name}-LargeTrainer"
    boto3.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(request))
    ended = wait_for(lambda: job if (job := jobs(pipeline).stored(name).state).is_over else None)
    assert (ended.status, ended.failure_reason) == ("Completed", None)
    assert pipeline.read(f"runs/{name}/output/model.tar.gz")
