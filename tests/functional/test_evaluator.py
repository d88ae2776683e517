"""The evaluator, whole, in an account of moto's, with a model that the real training script made."""

import csv
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from functions.evaluator.app import lambda_handler
from tests.builders import CSV, a_context, a_run, client_error, stored
from tests.conftest import ROOT, LoadEvent
from tests.functional.conftest import BUCKET, Account

from traindrop import aws, evaluating
from traindrop.events import TrainingJob
from traindrop.notifying import message_of
from traindrop.run import Run, Status
from traindrop.verdict import Verdict

TEST_KEY = "datasets/flowers/test/held_out.csv"
NAME = a_run().run
CELL = "cell-0f1e2d3c"


@dataclass(frozen=True)
class Archives:
    """What a training job left behind."""

    model: bytes
    output: bytes


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def packed_folder(folder: Path) -> bytes:
    return packed({path.name: path.read_bytes() for path in folder.iterdir()})


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """model.tar.gz and output.tar.gz of one real training."""
    folder = tmp_path_factory.mktemp("job")
    for name in ("train", "model", "output"):
        (folder / name).mkdir()
    (folder / "train" / "flowers.csv").write_bytes(CSV)
    places = {"SM_CHANNEL_TRAIN": "train", "SM_MODEL_DIR": "model", "SM_OUTPUT_DATA_DIR": "output"}
    environment = {
        **os.environ,
        **{name: str(folder / place) for name, place in places.items()},
        "PYTHONPATH": str(ROOT / "layers/core"),
        "OMP_NUM_THREADS": "1",
    }
    script = str(ROOT / "training_scripts/xgboost/train.py")
    command = [sys.executable, script, "--target", "species", "--num_round", "30"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own interpreter and script
    assert done.returncode == 0, done.stderr
    return Archives(packed_folder(folder / "model"), packed_folder(folder / "output"))


class Job:
    """A completed training job of ours: its record, its artifacts, and what SageMaker says of it."""

    def __init__(self, account: Account, archives: Archives, event: dict[str, Any]) -> None:
        self.account = account
        self.archives = archives
        event["detail"]["TrainingJobName"] = NAME
        self.event = event
        self.asked = 0
        self.description = {**event["detail"], "BillableTimeInSeconds": 130}

    def describe(self, name: str) -> TrainingJob:
        assert name == NAME
        self.asked += 1
        return TrainingJob.model_validate(self.description)

    def lie_ready(self, **changes: Any) -> None:
        """Put the artifacts, the held-out file and the run's record where they are expected."""
        changes = {"bucket": BUCKET, "status": Status.IN_PROGRESS, "test_key": TEST_KEY, **changes}
        stored(self.account.ledger, a_run(**changes))
        self.account.put(TEST_KEY, CSV)
        self.account.put(f"runs/{NAME}/output/model.tar.gz", self.archives.model)
        self.account.put(f"runs/{NAME}/output/output.tar.gz", self.archives.output)

    def completes(self) -> str | None:
        """Deliver its Completed event to the handler; the status that the handler answers."""
        found: str | None = lambda_handler(self.event, a_context())["status"]
        return found

    @property
    def run(self) -> Run:
        return self.account.ledger.stored(NAME)

    def evaluation(self) -> dict[str, Any]:
        body = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{NAME}/evaluation.json")["Body"].read()
        found: dict[str, Any] = json.loads(body)
        return found


@pytest.fixture
def job(account: Account, archives: Archives, load_event: LoadEvent, monkeypatch: pytest.MonkeyPatch) -> Job:
    found = Job(account, archives, load_event("training_job_completed"))
    # moto's jobs never train: they are Completed at once, without times and billable seconds.
    monkeypatch.setattr(aws, "describe_training_job", found.describe)
    return found


def test_a_completed_job_is_scored_on_the_held_out_file_stored_recorded_and_told_once(job: Job) -> None:
    job.lie_ready()
    assert job.completes() == Status.EVALUATED
    evaluation = job.evaluation()
    assert evaluation["scored"]["rows"] == 60
    assert evaluation["metrics"]["accuracy"] > 0.9
    assert (job.run.status, job.run.main_metric, job.run.test_rows) == (Status.EVALUATED, "auc", 60)
    assert job.run.metrics == evaluation["metrics"]
    assert job.run.validation == evaluation["validation"] != {}
    assert job.run.billable_seconds == 130
    assert job.run.training_ended_at is not None
    (event,) = job.account.events()
    assert event["detail-type"] == "Model Evaluated"
    assert event["detail"]["metrics"] == evaluation["metrics"]
    assert event["detail"]["evaluation"] == f"s3://{BUCKET}/runs/{NAME}/evaluation.json"


def test_a_report_lies_beside_the_evaluation_for_a_browser_to_show(job: Job) -> None:
    request = {"HyperParameters": {"num_round": "30", "eta": "0.3"}, "Environment": {"TOKEN": "the secret"}}
    aws.put_json(BUCKET, f"runs/{NAME}/request.json", request)
    job.lie_ready()
    assert job.completes() == Status.EVALUATED
    found = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{NAME}/report.html")
    page = found["Body"].read().decode()
    assert found["ContentType"] == "text/html; charset=utf-8"
    assert page.count("<svg") >= 6
    assert "<dt>num_round</dt><dd>30</dd>" in page
    assert "the secret" not in page
    evaluation = job.evaluation()
    assert evaluation["importances"][0]["column"] == "length"
    assert evaluation["curves"]["learning"][0]["rounds"][-1] == 30


def test_a_report_that_cannot_be_drawn_is_a_note_and_the_evaluation_stands(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(evaluating, "report", fail)
    job.lie_ready()
    assert job.completes() == Status.EVALUATED
    assert job.run.metrics == job.evaluation()["metrics"]
    assert any("There is no report.html" in note for note in job.run.notes)


def test_without_its_request_a_run_is_reported_all_the_same(job: Job) -> None:
    job.lie_ready(test_key=None)
    assert job.completes() == Status.EVALUATED
    page = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{NAME}/report.html")["Body"].read().decode()
    assert "there was no test file" in page
    assert "Learning curve" in page


def test_an_event_that_comes_twice_evaluates_once(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    job.lie_ready()
    job.completes()
    first = job.run

    def refuse(*_: object) -> bool:
        raise AssertionError("it was evaluated a second time")

    monkeypatch.setattr(aws, "download", refuse)
    assert job.completes() == Status.EVALUATED
    assert job.run == first


def test_a_job_of_another_stack_is_ignored_and_nothing_is_asked(job: Job) -> None:
    assert job.completes() is None
    assert job.asked == 0
    assert job.account.runs() == []
    assert job.account.events() == []


def test_an_event_that_says_completed_of_a_job_that_is_not_changes_nothing(job: Job) -> None:
    job.lie_ready()
    job.description["TrainingJobStatus"] = "InProgress"
    assert job.completes() == Status.IN_PROGRESS
    assert job.account.events() == []


def test_a_completion_that_arrives_before_the_launcher_recorded_its_launch_is_evaluated(job: Job) -> None:
    job.lie_ready(status=Status.WAITING)
    assert job.completes() == Status.EVALUATED


def test_without_a_held_out_file_only_the_validation_metrics_are_reported(job: Job) -> None:
    job.lie_ready(test_key=None)
    assert job.completes() == Status.EVALUATED
    evaluation = job.evaluation()
    assert (evaluation["scored"], evaluation["metrics"]) == (None, {})
    assert evaluation["validation"] == job.run.validation != {}
    assert (job.run.metrics, job.run.test_rows) == ({}, None)


def test_the_version_of_the_held_out_file_that_was_checked_is_the_one_that_is_scored(job: Job) -> None:
    job.lie_ready(test_version_id=job.account.put(TEST_KEY, CSV)["detail"]["object"]["version-id"])
    job.account.put(TEST_KEY, b"length,width,species\n1,2,rose\n")
    job.completes()
    assert job.evaluation()["scored"]["rows"] == 60


def _traversal() -> bytes:
    return packed({"../../evil": b"x"})


def _link() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("model.ubj")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_traversal, "evil"),
        (_link, "link"),
        (lambda: packed({"model.ubj": b"\x80\x04."}), "a pickle"),
        (lambda: b"no archive at all", "model.tar.gz"),
        (lambda: packed({}), "predictions.csv"),
        (lambda: packed({"dataset.json": b"{}"}), "dataset.json"),
    ],
    ids=["a path outside", "a link", "a pickle", "no archive", "nothing in it", "no schema"],
)
def test_a_hostile_or_broken_model_ends_the_run_with_the_reason(job: Job, make: Callable[[], bytes], says: str) -> None:
    job.lie_ready()
    job.account.put(f"runs/{NAME}/output/model.tar.gz", make())
    assert job.completes() == Status.EVALUATION_FAILED
    assert says in (job.run.reason or "")
    (event,) = job.account.events()
    assert (event["detail-type"], event["detail"]["reason"]) == ("Evaluation Failed", job.run.reason)
    assert "evaluation" not in event["detail"]
    assert not aws.exists(BUCKET, f"runs/{NAME}/evaluation.json")


HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()|'/c calc'!A1",
    "[red]x[/red]",
    "\x1b[31mred",
    "\u202egpj.exe",
    "a,b;\tc",
]


def test_names_out_of_the_data_are_only_text_in_the_evaluation_the_message_and_the_ledger(job: Job) -> None:
    rows = [[n % 5, HOSTILE[n % len(HOSTILE)]] for n in range(60)]
    scores = [[row, *(float(row % len(HOSTILE) == n) for n in range(len(HOSTILE)))] for row in range(60)]
    job.lie_ready(target="**target**")
    job.account.put(TEST_KEY, as_csv([["=1+1<img src=x>", "**target**"], *rows]))
    job.account.put(f"runs/{NAME}/output/model.tar.gz", packed({}))
    columns = ["row", *(f"probability_{name}" for name in HOSTILE)]
    predictions = packed({"predictions.csv": as_csv([columns, *scores])})
    job.account.put(f"runs/{NAME}/output/output.tar.gz", predictions)
    assert job.completes() == Status.EVALUATED, job.run.reason
    document = aws.read_start(BUCKET, f"runs/{NAME}/evaluation.json", None, max_bytes=1 << 20) or b""
    assert document.isascii()
    assert all(letter >= " " or letter == "\n" for letter in document.decode())
    assert set(HOSTILE) <= set(job.evaluation()["classes"])
    page = (aws.read_start(BUCKET, f"runs/{NAME}/report.html", None, max_bytes=1 << 20) or b"").decode()
    assert "<img" not in page
    assert "\x1b" not in page
    message = message_of(job.run)
    assert all(letter.isprintable() or letter == "\n" for letter in message.subject + message.body)


def as_csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (CSV, None),
        (CSV + f"{CELL},2\n".encode(), f"held_out.csv: line {CSV.count(10) + 1} has 2 fields"),
        (b"length,width,species\n" + f"1,2,{CELL}\n".encode() * 20, CELL),
    ],
    ids=["scored", "ragged", "classes that training never saw"],
)
def test_what_stands_in_the_held_out_file_is_told_to_the_person_and_never_logged(
    job: Job, logged: Callable[[], str], table: bytes, told: str | None
) -> None:
    job.lie_ready()
    job.account.put(TEST_KEY, table)
    job.completes()
    assert (told or "") in (job.run.reason or "")
    assert (job.run.status is Status.EVALUATED) is (told is None)
    text = logged()
    assert NAME in text
    assert CELL not in text


@pytest.mark.parametrize("key", [f"runs/{NAME}/output/model.tar.gz", TEST_KEY])
def test_a_file_that_is_gone_ends_the_run_with_its_name(job: Job, key: str) -> None:
    job.lie_ready()
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert job.completes() == Status.EVALUATION_FAILED
    assert key in (job.run.reason or "")


@pytest.mark.parametrize("end", [Status.EVALUATED, Status.EVALUATION_FAILED, Status.STOPPED, Status.FAILED])
def test_a_late_event_changes_nothing_of_a_run_that_ended_and_was_told(job: Job, end: Status) -> None:
    moment = a_run().created_at
    job.lie_ready(status=end, reason="as it was", notified_at=moment)
    before = job.run
    assert job.completes() == end
    assert job.run == before
    assert job.account.events() == []


def test_a_crash_between_recording_and_telling_is_healed_by_the_next_delivery(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.lie_ready()

    def crash(*_: object) -> None:
        raise client_error("PutEvents", "InternalFailure", "try later")

    with monkeypatch.context() as patched:
        patched.setattr(aws, "emit", crash)
        with pytest.raises(Exception, match="try later"):
            job.completes()
    assert job.run.status is Status.EVALUATED
    assert job.completes() == Status.EVALUATED
    assert [event["detail-type"] for event in job.account.events()] == ["Model Evaluated"]


def test_a_service_that_fails_is_not_taken_for_a_model_that_is_bad(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    job.lie_ready()

    def throttle(*_: object) -> bool:
        raise client_error("GetObject", "SlowDown", "Please reduce your request rate")

    with monkeypatch.context() as patched:
        patched.setattr(aws, "download", throttle)
        with pytest.raises(Exception, match="reduce your request rate"):
            job.completes()
    assert job.run.status is Status.COMPLETED
    assert job.completes() == Status.EVALUATED


REQUEST = json.dumps(
    {"AlgorithmSpecification": {"TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/xgb:1"}}
)


def packages() -> list[dict[str, Any]]:
    """The models in the registry, as they are described."""
    sagemaker = boto3.client("sagemaker")
    found = sagemaker.list_model_packages(ModelPackageType="Versioned")["ModelPackageSummaryList"]
    return [dict(sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"])) for each in found]


def test_a_dataset_s_first_evaluated_run_becomes_its_champion_and_goes_to_the_model_registry(job: Job) -> None:
    job.lie_ready()
    job.account.put(f"runs/{NAME}/request.json", REQUEST.encode())
    job.completes()
    assert job.account.ledger.champion("flowers") == NAME
    assert job.evaluation()["verdict"]["outcome"] == "first"
    assert job.evaluation()["verdict"]["text"] == job.run.verdict
    (package,) = packages()
    assert job.run.model_package == package["ModelPackageArn"]
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == f"s3://{BUCKET}/runs/{NAME}/output/model.tar.gz"
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith(f"/runs/{NAME}/evaluation.json")
    assert package["CustomerMetadataProperties"]["traindrop:run"] == NAME


def test_the_approval_that_the_stack_says_is_that_of_the_registered_model(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_APPROVAL", "Approved")
    job.lie_ready()
    job.account.put(f"runs/{NAME}/request.json", REQUEST.encode())
    job.account.put(f"runs/{NAME}/report.html", b"<html></html>")
    job.completes()
    (package,) = packages()
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["ModelMetrics"]["Explainability"]["Report"]["S3Uri"].endswith(f"/runs/{NAME}/report.html")


def test_the_same_model_again_is_no_better_on_its_own_test_rows(job: Job) -> None:
    earlier = f"{NAME[:-1]}0"
    job.lie_ready()
    stored(job.account.ledger, a_run(run=earlier, bucket=BUCKET, status=Status.COMPLETED))
    verdict = Verdict(outcome="first", becomes_champion=True, text="The first.")
    assert job.account.ledger.decide(job.account.ledger.stored(earlier), verdict, "sha256:0", over=None)
    job.account.put(f"runs/{earlier}/output/model.tar.gz", job.archives.model)
    job.completes()
    found = job.evaluation()["verdict"]
    assert (found["outcome"], found["difference"], found["rescored"]) == ("no difference", 0, True)
    assert (job.run.champion, job.run.model_package) == (earlier, None)
    assert job.account.ledger.champion("flowers") == earlier
    assert packages() == []


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("create_model_package_group", client_error("CreateModelPackageGroup", "AccessDeniedException", "not you")),
        ("create_model_package", client_error("CreateModelPackage", "ResourceLimitExceeded", "too many of them")),
        ("create_model_package", EndpointConnectionError(endpoint_url="https://api.sagemaker")),
    ],
)
def test_what_the_registry_refuses_is_a_note_and_the_run_is_evaluated(
    job: Job, monkeypatch: pytest.MonkeyPatch, operation: str, error: Exception
) -> None:
    def refuse(_request: object) -> str:
        raise error

    job.lie_ready(notes=("as it was",))
    job.account.put(f"runs/{NAME}/request.json", REQUEST.encode())
    monkeypatch.setattr(aws, operation, refuse)
    assert job.completes() == Status.EVALUATED
    why = aws.error_message(error) if isinstance(error, ClientError) else str(error)
    assert job.run.notes == ("as it was", f"The model is not in the model registry: {why}")
    assert job.account.ledger.champion("flowers") == NAME


def test_a_crash_after_the_champion_s_change_is_healed_with_the_same_verdict_and_one_version(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.lie_ready()
    job.account.put(f"runs/{NAME}/request.json", REQUEST.encode())
    requests: list[dict[str, Any]] = []

    def register(request: dict[str, Any]) -> str:
        requests.append(request)
        if len(requests) == 1:
            raise MemoryError("the function died")
        return "arn:aws:sagemaker:us-east-1:123456789012:model-package/g/1"

    monkeypatch.setattr(aws, "create_model_package", register)
    with pytest.raises(MemoryError):
        job.completes()
    before = job.evaluation()["verdict"]
    assert job.run.status is Status.COMPLETED
    assert job.completes() == Status.EVALUATED
    assert job.evaluation()["verdict"] == before
    assert len({request["ClientToken"] for request in requests}) == 1
