"""The local SageMaker really trains: data in, script, artifacts out, states, log lines and events."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from tests.functional.local_fixtures.aws import (
    BUCKET,
    TRUST,
    a_request,
    client,
    finished,
    log_lines,
    make_role,
    packed_files,
    start,
    train,
    upload_script,
)
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]

TRAIN = """
import os, sys
print("[0] validation-auc=0.5")
print("files", os.listdir(os.environ["SM_CHANNEL_TRAIN"]), "arguments", sys.argv[1:])
open(os.environ["SM_MODEL_DIR"] + "/model", "w").write("the model")
open(os.environ["SM_OUTPUT_DATA_DIR"] + "/metrics.json", "w").write("{}")
print("[1] validation-auc=0.75")
"""
SLEEP = "import os, time; print('pid', os.getpid()); time.sleep(60)"
STATES = ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def has_ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_job_trains_and_leaves_its_artifacts_metrics_and_log(aws: LocalAws) -> None:
    job = train(aws, TRAIN, Tags=[{"Key": "run", "Value": "1"}])
    name = job["TrainingJobName"]
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == STATES
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1
    assert [(each["MetricName"], each["Value"]) for each in job["FinalMetricDataList"]] == [("validation:auc", 0.75)]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/runs/{name}/output/model.tar.gz"
    assert list(packed_files(aws, f"runs/{name}/output/model.tar.gz")) == ["model"]
    assert list(packed_files(aws, f"runs/{name}/output/output.tar.gz")) == ["metrics.json"]
    assert log_lines(aws, name) == [
        "[0] validation-auc=0.5",
        "files ['my data+1.csv'] arguments ['--max_depth', '3']",
        "[1] validation-auc=0.75",
    ]


def test_each_state_is_told_twice_in_the_documented_shape(aws: LocalAws) -> None:
    url = client(aws, "sqs").create_queue(QueueName="states")["QueueUrl"]
    pattern = {"source": ["aws.sagemaker"], "detail": {"TrainingJobName": [{"prefix": "told-"}]}}
    events = client(aws, "events")
    events.put_rule(Name="states", EventPattern=json.dumps(pattern))
    target = "arn:aws:sqs:us-east-1:000000000000:states"
    events.put_targets(Rule="states", Targets=[{"Id": "queue", "Arn": target}])
    job = train(aws, TRAIN, TrainingJobName="told-1", Tags=[{"Key": "run", "Value": "1"}])
    told = [json.loads(body) for body in received(aws, url, 10)]
    assert sorted(event["detail"]["SecondaryStatus"] for event in told) == sorted(STATES * 2)
    last = next(event for event in told if event["detail"]["TrainingJobStatus"] == "Completed")
    assert last["detail-type"] == "SageMaker Training Job State Change"
    assert last["resources"] == [job["TrainingJobArn"]]
    detail = last["detail"]
    assert detail["Tags"] == {"run": "1"}
    assert detail["HyperParameters"] == job["HyperParameters"]
    assert int(detail["TrainingEndTime"]) == pytest.approx(job["TrainingEndTime"].timestamp() * 1000, abs=1)
    assert [each["Status"] for each in detail["SecondaryStatusTransitions"]] == STATES
    assert not {"BillableTimeInSeconds", "FinalMetricDataList", "FailureReason"} & detail.keys()


def received(local: LocalAws, url: str, number: int) -> list[str]:
    sqs, bodies = client(local, "sqs"), list[str]()

    def enough() -> bool:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        bodies.extend(message["Body"] for message in messages)
        return len(bodies) >= number

    wait_for(enough)
    return bodies


def test_a_failing_script_fails_the_job_with_its_reason_and_leaves_no_model(aws: LocalAws) -> None:
    job = train(aws, "raise ValueError('no rows')")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n")
    assert "ModelArtifacts" not in job
    assert log_lines(aws, job["TrainingJobName"])[-1] == "ValueError: no rows"


def test_stopping_a_job_ends_its_process_while_its_lines_can_be_followed(aws: LocalAws) -> None:
    name = start(aws, SLEEP)
    (line,) = wait_for(lambda: log_lines(aws, name))
    assert client(aws, "sagemaker").describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training"
    client(aws, "sagemaker").stop_training_job(TrainingJobName=name)
    job = finished(aws, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]][-2:] == ["Stopping", "Stopped"]
    assert has_ended(int(line.split()[1]))


def test_a_job_over_its_maximum_runtime_is_stopped_and_says_so(aws: LocalAws) -> None:
    script = f"open(__import__('os').environ['SM_MODEL_DIR'] + '/half', 'w').close(); {SLEEP}"
    job = train(aws, script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert "FailureReason" not in job
    assert list(packed_files(aws, f"runs/{job['TrainingJobName']}/output/model.tar.gz")) == ["half"]


def test_a_job_that_waits_for_a_place_can_be_stopped_and_an_instance_in_use_counts(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
    running = [start(aws, SLEEP), start(aws, SLEEP, ResourceConfig=resources)]
    with pytest.raises(sagemaker.exceptions.ResourceLimitExceeded, match="current utilization of 1 Instances"):
        start(aws, SLEEP, ResourceConfig=resources)
    waiting = start(aws, SLEEP)
    assert sagemaker.describe_training_job(TrainingJobName=waiting)["SecondaryStatus"] == "Starting"
    sagemaker.stop_training_job(TrainingJobName=waiting)
    job = finished(aws, waiting)
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == ["Starting", "Stopping", "Stopped"]
    assert "BillableTimeInSeconds" not in job
    for name in running:
        sagemaker.stop_training_job(TrainingJobName=name)
        finished(aws, name)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "AlgorithmError: Framework Error: An error occurred (NoSuchKey) when calling the GetObject operation: "),
        ({"HyperParameters": {"num_round": "10"}}, "ClientError: The local SageMaker runs script mode only for now: "),
        (
            {"OutputDataConfig": {"S3OutputPath": "s3://no-such-bucket/runs"}},
            "ClientError: Artifact upload failed:NoSuchBucket (404): ",
        ),
    ],
)
def test_what_the_job_cannot_get_or_put_is_its_failure_reason(
    aws: LocalAws, changes: dict[str, Any], reason: str
) -> None:
    request = a_request(upload_script(aws, TRAIN)) | changes if changes else a_request()
    client(aws, "sagemaker").create_training_job(**request)
    job = finished(aws, request["TrainingJobName"])
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(reason)


def test_what_the_training_role_may_not_do_fails_the_job(aws: LocalAws) -> None:
    role = make_role(aws, "reader", ["s3:GetObject", "s3:ListBucket"], TRUST)
    job = train(aws, TRAIN, RoleArn=role)
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed:AccessDenied (403): ")
    assert log_lines(aws, job["TrainingJobName"]) == []


def test_a_prefix_brings_every_object_below_it(aws: LocalAws) -> None:
    for key in ("part-0.csv", "deep/part-1.csv", "é %20.csv"):
        client(aws, "s3").put_object(Bucket=BUCKET, Key=f"datasets/many/{key}", Body=b"x")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/datasets/many"}}
    script = "import glob, os; os.chdir(os.environ['SM_CHANNEL_ALL']); print(sorted(glob.glob('**', recursive=True)))"
    job = train(aws, script, InputDataConfig=[{"ChannelName": "all", "DataSource": source}])
    assert log_lines(aws, job["TrainingJobName"]) == ["['deep', 'deep/part-1.csv', 'part-0.csv', 'é %20.csv']"]


def test_jobs_are_listed_newest_first_by_pages_and_their_tags_can_be_read(aws: LocalAws) -> None:
    sagemaker = client(aws, "sagemaker")
    names = [start(aws, "", TrainingJobName=f"listed-{number}-{os.getpid()}") for number in range(3)]
    first = sagemaker.list_training_jobs(NameContains="listed-", MaxResults=2)
    second = sagemaker.list_training_jobs(NameContains="listed-", MaxResults=2, NextToken=first["NextToken"])
    listed = [each["TrainingJobName"] for page in (first, second) for each in page["TrainingJobSummaries"]]
    assert listed == names[::-1]
    arn = first["TrainingJobSummaries"][0]["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "me"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "me"}]
    for name in names:
        finished(aws, name)


def test_a_line_is_in_the_log_before_the_next_one_is_printed(aws: LocalAws) -> None:
    name = start(aws, "import time; print('first'); time.sleep(1.5); print('second')")
    assert wait_for(lambda: log_lines(aws, name)) == ["first"]
    seen = time.monotonic()
    assert finished(aws, name)["TrainingJobStatus"] == "Completed"
    assert time.monotonic() - seen > 0.5
    assert log_lines(aws, name) == ["first", "second"]
