"""A job on several instances: one process each, under the contract of SageMaker, on addresses of the loopback."""

import json
import time
from typing import Any

import pytest
from tests.functional.local_fixtures.aws import BUCKET, client, finished, log_lines, packed_files, start, train
from tests.waiting import wait_for

from traindrop_cli.local.client import LocalAws

pytest_plugins = ["tests.functional.local_fixtures.plugin"]
pytestmark = pytest.mark.skipif("sys.platform != 'linux'", reason="several instances need Linux's loopback")

# The first waits for the others on a port of its own address: they find it by its name.
MEET = """
import json, os, socket
me, hosts = os.environ["SM_CURRENT_HOST"], json.loads(os.environ["SM_HOSTS"])
if me == hosts[0]:
    with socket.create_server((me, 29500)) as server:
        heard = sorted(server.accept()[0].recv(99).decode() for _ in hosts[1:])
else:
    heard = []
    for _ in range(500):
        try:
            peer = socket.create_connection((hosts[0], 29500))
            break
        except ConnectionRefusedError:
            import time; time.sleep(0.02)
    peer.sendall(me.encode())
print("heard", heard)
number = hosts.index(me) + 1
open(f"{os.environ['SM_MODEL_DIR']}/part-{number}", "w").write(me)
open(f"{os.environ['SM_OUTPUT_DATA_DIR']}/seen-{number}", "w").write(json.dumps(
    [os.listdir(os.environ["SM_CHANNEL_ALL"]), os.listdir(os.environ["SM_CHANNEL_SHARED"])]))
"""


def on(instances: int, **more: Any) -> dict[str, Any]:
    return {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 1, **more}}


def channel(name: str, **more: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/datasets/parts/", **more}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def test_instances_find_each_other_get_their_share_and_leave_one_model(aws: LocalAws) -> None:
    for number in range(5):
        client(aws, "s3").put_object(Bucket=BUCKET, Key=f"datasets/parts/{number}.csv", Body=b"x")
    channels = [channel("all"), channel("shared", S3DataDistributionType="ShardedByS3Key")]
    job = train(aws, MEET, InputDataConfig=channels, **on(3))
    name = job["TrainingJobName"]
    assert job["TrainingJobStatus"] == "Completed", job
    model = packed_files(aws, f"runs/{name}/output/model.tar.gz")
    hosts = [model[f"part-{number}"].decode() for number in (1, 2, 3)]
    network = hosts[0].rpartition(".")[0]
    assert hosts == [f"{network}.{number}" for number in (1, 2, 3)]
    assert [log_lines(aws, name, f"algo-{number}") for number in (1, 2, 3)] == [
        [f"heard {hosts[1:]}"],
        ["heard []"],
        ["heard []"],
    ]
    seen = {key: json.loads(text) for key, text in packed_files(aws, f"runs/{name}/output/output.tar.gz").items()}
    assert [sorted(everything) for everything, _ in seen.values()] == [[f"{n}.csv" for n in range(5)]] * 3
    shares = [sorted(share) for _, share in seen.values()]
    assert shares == [["0.csv", "3.csv"], ["1.csv", "4.csv"], ["2.csv"]]


def test_an_instance_that_fails_fails_the_job_and_ends_the_others(aws: LocalAws) -> None:
    script = """
import json, os, signal, time
if os.environ["SM_CURRENT_HOST"] != json.loads(os.environ["SM_HOSTS"])[0]:
    time.sleep(0.3)
    open(os.environ["SM_OUTPUT_DIR"] + "/failure", "w").write("the second has no rows")
    raise SystemExit(1)
signal.signal(signal.SIGTERM, lambda *_: print("asked to end", flush=True))
for _ in range(60):
    time.sleep(1)
"""
    started = time.monotonic()
    job = train(aws, script, **on(2))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the second has no rows, exit code: 1"
    assert log_lines(aws, job["TrainingJobName"]) == ["asked to end"]  # and was killed, as it did not
    assert time.monotonic() - started < 30


def test_stopping_a_job_stops_every_instance(aws: LocalAws) -> None:
    name = start(aws, "import time; print('here'); time.sleep(60)", **on(2))
    for host in ("algo-1", "algo-2"):
        assert wait_for(lambda host=host: log_lines(aws, name, host)) == ["here"]  # type: ignore[misc]
    client(aws, "sagemaker").stop_training_job(TrainingJobName=name)
    job = finished(aws, name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")


def test_output_beyond_the_volume_fails_the_job(aws: LocalAws) -> None:
    zeros = "os.open(os.environ['SM_OUTPUT_DATA_DIR'] + '/zeros', os.O_CREAT | os.O_RDWR)"
    job = train(aws, f"import os; os.truncate({zeros}, 3 << 30)", **on(1))
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        "ClientError: Artifact upload failed:Insufficient disk space (3,221,225,472 "
    )
