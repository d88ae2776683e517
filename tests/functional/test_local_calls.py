"""The local AWS counts the calls that it answers, where it is told to: by caller, service and operation."""

import json
from pathlib import Path

from tests.functional.local_fixtures.aws import BUCKET, TRUST, a_request, client, finished, make_role, upload_script

from traindrop_cli.local.client import LocalAws
from traindrop_cli.local.settings import LocalSettings


def test_calls_are_counted_by_caller_service_and_operation(tmp_path: Path) -> None:
    file = tmp_path / "calls.json"
    with LocalAws.start(LocalSettings(calls_file=file), log_file=tmp_path / "log") as local:
        s3, sns = client(local, "s3"), client(local, "sns")
        s3.create_bucket(Bucket=BUCKET)
        for _ in range(3):
            s3.put_object(Bucket=BUCKET, Key="datasets/toy/train/my data+1.csv", Body=b"x")
        s3.copy_object(
            Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": "datasets/toy/train/my data+1.csv"}
        )
        s3.list_objects_v2(Bucket=BUCKET)
        sns.publish(TopicArn=sns.create_topic(Name="news")["TopicArn"], Message="&Action=none")
        client(local, "sqs").list_queues()
        make_role(local, "training", ["s3:*", "logs:*"], TRUST)
        request = a_request(upload_script(local, "print('trained')"))
        client(local, "sagemaker").create_training_job(**request)
        finished(local, request["TrainingJobName"])
    calls = {
        (each["caller"], each["service"], each["operation"]): each["calls"] for each in json.loads(file.read_text())
    }
    assert calls["test", "s3", "PutObject"] == 4  # with the script
    assert calls["test", "s3", "CopyObject"] == calls["test", "s3", "ListObjectsV2"] == 1
    assert calls["test", "sns", "Publish"] == calls["test", "sns", "CreateTopic"] == 1
    assert calls["test", "sqs", "ListQueues"] == calls["test", "sagemaker", "CreateTrainingJob"] == 1
    # What the training itself called, as the role that SageMaker assumed for it.
    assert calls["SageMaker", "s3", "GetObject"] == 2
    assert calls["SageMaker", "logs", "CreateLogGroup"] == 1
