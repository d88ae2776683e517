"""A run: what became of one upload. Its name, its statuses and which may follow which."""

import hashlib
import json
import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict

# TrainingJobName: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62} (CreateTrainingJob, API reference).
MAX_NAME = 63
_DIGEST = 12


class Status(StrEnum):
    """Where a run stands."""

    WAITING = "Waiting"
    REJECTED = "Rejected"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"
    EVALUATED = "Evaluated"
    EVALUATION_FAILED = "EvaluationFailed"


# Events come late, twice and in any order: a status may skip ahead but never goes backwards.
COMES_FROM: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset(),
    Status.REJECTED: frozenset({Status.WAITING}),
    Status.IN_PROGRESS: frozenset({Status.WAITING}),
    Status.COMPLETED: frozenset({Status.WAITING, Status.IN_PROGRESS}),
    Status.FAILED: frozenset({Status.WAITING, Status.IN_PROGRESS}),
    Status.STOPPED: frozenset({Status.WAITING, Status.IN_PROGRESS}),
    Status.EVALUATED: frozenset({Status.COMPLETED}),
    Status.EVALUATION_FAILED: frozenset({Status.WAITING, Status.IN_PROGRESS, Status.COMPLETED}),
}
FINAL = frozenset({Status.REJECTED, Status.FAILED, Status.STOPPED, Status.EVALUATED, Status.EVALUATION_FAILED})


class Run(BaseModel):
    """One record of the ledger. Times are UTC; sizes are bytes; metrics by name, None where undefined."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    dataset: str
    status: Status
    created_at: datetime
    bucket: str
    key: str
    etag: str
    size: int
    version_id: str | None = None
    uploaded_at: datetime | None = None
    # The latest further drop of the same bytes with the same config, which this run answers too.
    again_version_id: str | None = None

    target: str | None = None
    task: str | None = None
    columns: int | None = None
    rows: int | None = None
    notes: tuple[str, ...] = ()
    test_key: str | None = None
    test_etag: str | None = None
    test_version_id: str | None = None
    metric: str | None = None
    instance_type: str | None = None
    instance_count: int = 1

    checked_at: datetime | None = None
    launched_at: datetime | None = None
    training_started_at: datetime | None = None
    training_ended_at: datetime | None = None
    billable_seconds: int | None = None
    evaluated_at: datetime | None = None
    ended_at: datetime | None = None

    reason: str | None = None
    failed_function: str | None = None

    main_metric: str | None = None
    metrics: dict[str, float | None] = {}
    intervals: dict[str, tuple[float, float]] = {}
    baseline: dict[str, float | None] = {}
    validation: dict[str, float | None] = {}
    test_rows: int | None = None

    message_claimed_until: datetime | None = None
    notified_at: datetime | None = None

    @property
    def was_launched(self) -> bool:
        """Whether there is a training job: it may have ended before its launch was recorded."""
        return self.launched_at is not None or self.training_ended_at is not None

    @property
    def uploads(self) -> set[str | None]:
        """The object versions that this run answers."""
        return {self.version_id, self.again_version_id} - {None}

    @property
    def file(self) -> str:
        """The name of the dropped file, without its folder."""
        return PurePosixPath(self.key).name

    @property
    def request_key(self) -> str:
        return f"runs/{self.run}/request.json"

    @property
    def model_key(self) -> str:
        """Where SageMaker puts it: <S3OutputPath>/<job name>/output/model.tar.gz."""
        return f"runs/{self.run}/output/model.tar.gz"

    @property
    def output_key(self) -> str:
        return f"runs/{self.run}/output/output.tar.gz"

    @property
    def evaluation_key(self) -> str:
        return f"runs/{self.run}/evaluation.json"

    @property
    def model_uri(self) -> str | None:
        """Where the model lies; None where training left none."""
        trained = self.status in {Status.COMPLETED, Status.EVALUATED, Status.EVALUATION_FAILED}
        return self.uri(self.model_key) if trained and self.training_ended_at is not None else None

    @property
    def evaluation_uri(self) -> str | None:
        return self.uri(self.evaluation_key) if self.status is Status.EVALUATED else None

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def run_name(stack: str, dataset: str, *parts: str) -> str:
    """`<stack>-<dataset>-<digest>`: the same parts always give the same name.

    SageMaker never takes a training job name twice, so the name itself is what keeps a job from
    being launched twice. A dataset name that SageMaker would refuse is spelled out in ASCII; the
    digest covers its true spelling.
    """
    # As JSON, so that no two lists of parts look alike, whatever characters a key may hold.
    digest = hashlib.sha256(json.dumps([dataset, *parts]).encode()).hexdigest()[:_DIGEST]
    plain = unicodedata.normalize("NFKD", dataset).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-zA-Z0-9]+", "-", plain).strip("-").lower()
    head = f"{stack}-{slug}"[: MAX_NAME - _DIGEST - 1].rstrip("-") if slug else stack
    return f"{head}-{digest}"
