"""`traindrop stop`: a run that trains or waits, and nothing else."""

import json

import boto3
from tests.pipeline.pipeline import ENDLESS, FEW_ROUNDS, ONLY_ONE, Pipeline, labelled

from traindrop.run import Status


def test_a_run_that_trains_and_one_that_waits_are_stopped_by_name_and_told_as_stopped(pipeline: Pipeline) -> None:
    pipeline.drop("unwanted", labelled(), hyperparameters=ENDLESS, instance_type=ONLY_ONE)
    running = pipeline.in_training("unwanted").run
    pipeline.drop("impatient", labelled(), hyperparameters=FEW_ROUNDS, instance_type=ONLY_ONE)
    waiting = pipeline.waiting("impatient").run
    for name, seen in ((waiting, "1st in line"), (running, f"as training job {running}")):
        done = pipeline.traindrop("stop", name, "--yes")
        assert done.returncode == 0, done.stderr
        assert f"run        {name}" in done.stdout
        assert "owner      traindrop" in done.stdout
        assert seen in done.stdout
        assert "It is stopped." in done.stdout
    assert pipeline.job(waiting) is None
    assert (pipeline.job(running) or {})["TrainingJobStatus"] == "Stopped"
    for dataset in ("unwanted", "impatient"):
        (run,) = pipeline.told(dataset)
        assert run.status is Status.STOPPED
        assert pipeline.message(dataset).outcome == "stopped"
    again = pipeline.traindrop("stop", running, "--yes")
    assert (again.returncode, "has ended already" in again.stderr) == (3, True)


def test_what_is_not_confirmed_is_not_stopped(pipeline: Pipeline) -> None:
    pipeline.drop("kept", labelled(), hyperparameters=ENDLESS)
    run = pipeline.in_training("kept").run
    assert pipeline.traindrop("stop", run).returncode == 1
    assert (pipeline.job(run) or {})["TrainingJobStatus"] == "InProgress"
    assert pipeline.traindrop("stop", run, "--yes").returncode == 0


def role_of_a_colleague() -> str:
    """The ARN of a training role that is none of the stack's, which SageMaker assumes for the stack's jobs alone."""
    iam = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    trusts, allowed = (json.dumps({"Version": "2012-10-17", "Statement": [each]}) for each in (trust, may))
    role = iam.create_role(RoleName="colleague", AssumeRolePolicyDocument=trusts)["Role"]
    iam.put_role_policy(RoleName="colleague", PolicyName="train", PolicyDocument=allowed)
    return str(role["Arn"])


def test_a_job_of_someone_else_is_not_touched(pipeline: Pipeline) -> None:
    pipeline.drop("mine", labelled(), hyperparameters=FEW_ROUNDS)
    (run,) = pipeline.told("mine")
    request = {
        name: (pipeline.job(run.run) or {})[name]
        for name in ("AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig",
                     "ResourceConfig", "StoppingCondition")
    }  # fmt: skip
    theirs = "colleague-model-1"
    request["HyperParameters"] |= {"num_round": str(ENDLESS["num_round"])}
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_training_job(TrainingJobName=theirs, RoleArn=role_of_a_colleague(), **request)
    done = pipeline.traindrop("stop", theirs, "--yes")
    assert done.returncode == 3
    assert "training jobs of others are never touched" in done.stderr
    assert (pipeline.job(theirs) or {})["TrainingJobStatus"] == "InProgress"
    sagemaker.stop_training_job(TrainingJobName=theirs)
