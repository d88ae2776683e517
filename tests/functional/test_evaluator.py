"""The evaluator, whole, in an account of moto's, with a model that the real training script made."""

import csv
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError, EndpointConnectionError
from functions.evaluator.app import lambda_handler
from tests.builders import CSV, a_context, a_run, client_error, stored, tuning_requests
from tests.conftest import LoadEvent
from tests.functional.archives import Archives, packed, trained
from tests.functional.conftest import BUCKET, Account

from traindrop import aws, evaluating
from traindrop.dataset import Schema, read
from traindrop.evaluation import Evaluation, Subject, evaluate_archives
from traindrop.events import TrainingJob
from traindrop.file_parts import source_of
from traindrop.notifying import message_of
from traindrop.run import Run, Status
from traindrop.verdict import Verdict

TEST_KEY = "datasets/flowers/test/held_out.csv"
NAME = a_run().run
CELL = "cell-0f1e2d3c"


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """model.tar.gz and output.tar.gz of one real training."""
    return trained(tmp_path_factory.mktemp("job"))


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
        given = {"bucket": BUCKET, "status": Status.IN_PROGRESS, "test_key": TEST_KEY, "size": len(CSV)}
        run = a_run(**{**given, **changes})
        stored(self.account.ledger, run)
        self.account.put(TEST_KEY, CSV)
        self.account.put(run.input_key(run.key, "train"), CSV)
        self.account.put(f"runs/{NAME}/output/model.tar.gz", self.archives.model)
        self.account.put(f"runs/{NAME}/output/output.tar.gz", self.archives.output)

    def completes(self) -> str | None:
        """Deliver its Completed event to the handler; the status that the handler answers."""
        found: str | None = lambda_handler(self.event, a_context())["status"]
        return found

    def with_another_model(self, model: bytes) -> bytes:
        """model.tar.gz with other bytes in place of the model."""
        return packed({**self.members(), "model.ubj": model})

    def members(self) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(self.archives.model)) as tar:
            return {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]

    def predicts(self, test: bytes, written: bytes | None = None) -> None:
        """Leave no XGBoost model but predictions.csv for `test`, made by it, or as `written`."""
        members = self.members()
        schema = Schema.from_json(json.loads(members["dataset.json"]))
        if written is None:
            booster = xgboost.Booster(model_file=bytearray(members["model.ubj"]))
            (batch,) = read(io.BytesIO(test), schema)
            features = np.frombuffer(batch.features, dtype=np.float32).reshape(batch.rows, -1)
            found = booster.inplace_predict(features)
            lines = [[row, 1 - float(value), float(value)] for row, value in enumerate(found)]
            written = as_csv([["row", *(f"probability_{name}" for name in schema.classes)], *lines])
        self.written = written
        self.account.put(f"runs/{NAME}/output/model.tar.gz", packed({"dataset.json": members["dataset.json"]}))
        self.account.put(f"runs/{NAME}/output/output.tar.gz", packed({"predictions.csv": written}))

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


def test_a_tuned_champion_is_registered_with_its_trials_image_and_the_best_one_s_model(job: Job) -> None:
    best = f"{NAME}-002-0a1b2c3d"
    job.lie_ready(status=Status.COMPLETED, max_trials=3, best_trial=best)
    for name in ("model.tar.gz", "output.tar.gz"):
        body = job.archives.model if name.startswith("model") else job.archives.output
        job.account.put(f"runs/{NAME}/trials/{best}/output/{name}", body)
    tuning, _ = tuning_requests(NAME)
    job.account.put(f"runs/{NAME}/request.json", json.dumps(tuning).encode())
    job.completes()
    (container,) = packages()[0]["InferenceSpecification"]["Containers"]
    assert container["Image"] == tuning["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"]
    assert container["ModelDataUrl"] == f"s3://{BUCKET}/runs/{NAME}/trials/{best}/output/model.tar.gz"


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


def test_what_a_careful_colleague_would_doubt_stands_in_the_evaluation_and_in_the_record(job: Job) -> None:
    """The training file is the test file too, and its length decides the species."""
    job.lie_ready()
    assert job.completes() == Status.EVALUATED
    warnings = job.evaluation()["warnings"]
    assert ("given away", "length") in {(warning["kind"], warning["column"]) for warning in warnings}
    assert job.run.warnings == tuple(warning["text"] for warning in warnings)
    assert {column["name"] for column in job.evaluation()["columns"]} == {"length", "width", "species"}


def test_the_warnings_of_a_strict_run_are_the_reason_why_it_ends_and_its_model_is_kept(job: Job) -> None:
    job.lie_ready(strict=True)
    assert job.completes() == Status.EVALUATION_FAILED
    assert "strict: true" in (job.run.reason or "")
    assert job.run.warnings
    assert all(text in (job.run.reason or "") for text in job.run.warnings)
    assert job.run.model_uri is not None
    assert job.run.metrics == job.evaluation()["metrics"] != {}
    (event,) = job.account.events()
    assert (event["detail-type"], event["detail"]["reason"]) == ("Evaluation Failed", job.run.reason)


def quiet(rows: int, seed: int) -> bytes:
    """As CSV, without anything to doubt: the label is likely, never certain."""
    random = np.random.default_rng(seed)
    label = random.random(rows) < 0.5
    length, width = label * 1.5 + random.normal(3, 1, size=rows), random.normal(2, 1, size=rows)
    table = zip(length.round(3).tolist(), width.round(3).tolist(), np.where(label, "rose", "tulip"), strict=True)
    return as_csv([["length", "width", "species"], *map(list, table)])


def test_a_strict_run_that_raises_no_doubt_is_evaluated(job: Job) -> None:
    train, test = quiet(300, 1), quiet(200, 2)
    job.lie_ready(strict=True, size=len(train))
    job.account.put(a_run().input_key(a_run().key, "train"), train)
    job.account.put(TEST_KEY, test)
    job.predicts(test)
    assert job.completes() == Status.EVALUATED, job.run.reason
    assert job.run.warnings == ()


@pytest.mark.parametrize("body", [None, CSV + b"1.5,1,rose\n"], ids=["gone", "another"])
def test_a_training_file_that_is_not_the_one_that_was_trained_on_is_not_compared_with(
    job: Job, body: bytes | None
) -> None:
    job.lie_ready()
    key = a_run().input_key(a_run().key, "train")
    if body is None:
        boto3.client("s3").delete_object(Bucket=BUCKET, Key=key)
    else:
        job.account.put(key, body)
    assert job.completes() == Status.EVALUATED
    (text,) = (text for text in job.run.warnings if "not looked at" in text)
    assert key in text
    assert job.evaluation()["columns"] == []


def test_a_test_file_without_the_target_is_predicted_and_not_scored(job: Job) -> None:
    job.lie_ready()
    lines = [line.rpartition(b",")[0] for line in CSV.splitlines()]
    job.account.put(TEST_KEY, b"\n".join(lines) + b"\n")
    assert job.completes() == Status.EVALUATED, job.run.reason
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{NAME}/predictions.csv")["Body"].read().decode()
    header, *rows = csv.reader(io.StringIO(body))
    assert header == ["row", "probability_rose", "probability_tulip"]
    assert [int(row[0]) for row in rows] == list(range(60))
    assert all(abs(float(row[1]) + float(row[2]) - 1) < 1e-6 for row in rows)
    called = ["rose" if float(row[1]) > 0.5 else "tulip" for row in rows]
    assert called == [line.rpartition(b",")[2].decode() for line in CSV.splitlines()[1:]]
    evaluation = job.evaluation()
    assert (evaluation["metrics"], evaluation["scored"], evaluation["predicted"]["rows"]) == ({}, None, 60)
    assert evaluation["main_metric"] in evaluation["validation"]
    assert evaluation["predicted"]["predictions"] == f"s3://{BUCKET}/runs/{NAME}/predictions.csv"
    (note,) = job.run.notes
    assert "held_out.csv has no column 'species'" in note
    assert evaluation["predicted"]["predictions"] in note
    assert note in " ".join(message_of(job.run).body.split())


def test_a_script_of_ones_own_has_predicted_a_test_file_without_the_target_itself(job: Job) -> None:
    job.lie_ready()
    job.account.put(TEST_KEY, b"length,width\n" + b"1.5,2\n" * 60)
    job.predicts(CSV)
    assert job.completes() == Status.EVALUATED, job.run.reason
    stored_there = aws.read_start(BUCKET, f"runs/{NAME}/predictions.csv", None, max_bytes=1 << 20)
    assert stored_there == job.written
    assert job.evaluation()["predicted"]["rows"] == 60


def test_one_row_is_scored_for_what_one_row_can_tell(job: Job) -> None:
    job.lie_ready()
    job.account.put(TEST_KEY, b"length,width,species\n6.5,1,rose\n")
    assert job.completes() == Status.EVALUATED, job.run.reason
    evaluation = job.evaluation()
    assert (evaluation["scored"]["rows"], evaluation["metrics"]["accuracy"], evaluation["metrics"]["auc"]) == (
        1,
        1,
        None,
    )
    assert evaluation["main_metric"] == "accuracy"
    assert evaluation["intervals"]["accuracy"][0] < 0.3


def test_rows_with_labels_never_seen_are_left_out_and_told(job: Job) -> None:
    job.lie_ready()
    job.account.put(TEST_KEY, CSV + b"1.5,1,daisy\n2.5,2,daisy\n")
    assert job.completes() == Status.EVALUATED
    assert (job.evaluation()["scored"]["rows"], job.evaluation()["scored"]["skipped_unseen_label"]) == (60, 2)
    (text,) = (text for text in job.run.warnings if "daisy" in text)
    assert "2 rows of 'held_out.csv' have a label that training never saw" in text


BAD: dict[str, tuple[dict[str, bytes], str]] = {
    "other columns": (
        {TEST_KEY: b"height,species\n1,rose\n"}, "held_out.csv: line 1: the header has no column 'length', 'width'"
    ),
    "no label that training saw": ({TEST_KEY: b"length,width,species\n1,2,daisy\n"}, "holds 'daisy' and no label"),
    "no rows and no target": ({TEST_KEY: b"length,width\n"}, "held_out.csv: the file has a header and no rows"),
    "no table": ({TEST_KEY: b"\x89PNG\r\n\x1a\n" + bytes(range(256))}, "held_out.csv: this is a binary file"),
    "a model that is none": ({f"runs/{NAME}/output/model.tar.gz": b"%model%"}, "cannot be read as an XGBoost model"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_in_one_message_and_the_model_is_kept(job: Job, name: str) -> None:
    job.lie_ready()
    for key, body in BAD[name][0].items():
        job.account.put(key, body if body != b"%model%" else job.with_another_model(b"{no model}"))
    assert job.completes() == Status.EVALUATION_FAILED
    assert BAD[name][1] in (job.run.reason or "")
    assert aws.exists(BUCKET, job.run.model_key)
    assert job.run.model_uri == f"s3://{BUCKET}/{job.run.model_key}"
    assert len(job.account.events()) == 1


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (b"row,probability_rose,probability_tulip\n0,0.5,0.5\n", "1 predictions for the 60 rows"),
        (b"row,probability_rose,probability_tulip\n" + b"0,0.5,0.5\n" * 60, "row 0 is there twice"),
        (b"row,probability_rose,probability_tulip\n0,5,5\n", "1 predictions for the 60 rows"),
        (b"row,probability_rose\n0,0.5\n", "no column 'probability_tulip'"),
        (b"row,probability_rose,probability_tulip\n99,0.5,0.5\n", "row 99 is beyond the 60 rows"),
        (b"row,probability_rose,probability_tulip\n0,nan,0.5\n", "is no row number with"),
    ],
)
def test_predictions_that_do_not_match_the_rows_end_in_one_message(job: Job, lines: bytes, says: str) -> None:
    job.lie_ready()
    job.predicts(CSV, lines)
    assert job.completes() == Status.EVALUATION_FAILED
    assert says in (job.run.reason or "")
    assert "predictions.csv" in (job.run.reason or "")


def test_a_test_file_beyond_what_is_scored_in_time_is_refused_before_it_is_fetched(job: Job) -> None:
    job.lie_ready(test_size=3_000_000_000)
    assert job.completes() == Status.EVALUATION_FAILED
    assert "held_out.csv: it has 3.0 GB, and up to 1.1 GB are scored" in (job.run.reason or "")


@pytest.mark.parametrize("framework", ["sklearn", "pytorch", "tensorflow"])
def test_predictions_of_another_framework_get_the_metrics_and_warnings_of_xgboosts(
    job: Job, tmp_path: Path, framework: str
) -> None:
    """The very predictions of the XGBoost model, as the other scripts of ours leave them: without a model.ubj."""
    for name, body in [("model", job.archives.model), ("output", job.archives.output), ("test", CSV), ("train", CSV)]:
        (tmp_path / name).write_bytes(body)
    train = source_of(tmp_path / "train", name="flowers.csv")
    subject = Subject("run", "flowers", "s3://bucket/model", "held_out.csv", training_file=train)
    (tmp_path / "work").mkdir()
    expected = evaluate_archives(
        tmp_path / "model", tmp_path / "output", tmp_path / "test", tmp_path / "work", subject=subject
    )
    job.lie_ready(framework=framework)
    job.predicts(CSV)
    assert job.completes() == Status.EVALUATED, job.run.reason
    found = Evaluation.model_validate(job.evaluation())
    assert found.columns == expected.columns
    same = [doubt for doubt in expected.warnings if doubt.kind != "gap"]  # the other one has no metrics.json
    assert [doubt.kind for doubt in found.warnings] == [doubt.kind for doubt in same] != []
    assert found.metrics == pytest.approx(expected.metrics, abs=1e-6)
    assert found.baseline == expected.baseline
    assert found.intervals.keys() == expected.intervals.keys()
