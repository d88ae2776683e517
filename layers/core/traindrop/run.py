"""A run: what became of one upload. Its name, its statuses and which may follow which."""

import hashlib
import json
import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict

from traindrop.cost import training_cost
from traindrop.gain import Tuned
from traindrop.lambda_limits import LAMBDA
from traindrop.lambda_limits import SECONDS as LAMBDA_SECONDS
from traindrop.tuning_config import Direction
from traindrop.verdict import Verdict

# TrainingJobName: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62} (CreateTrainingJob, API reference); the end is kept
# free for the number of a further attempt.
MAX_JOB_NAME = 63
MAX_NAME = MAX_JOB_NAME - len("-r99")
# HyperParameterTuningJobName: 1 to 32 characters (CreateHyperParameterTuningJob, API reference).
MAX_TUNING_NAME = 32 - len("-r99")
MAX_ATTEMPTS = 3
_DIGEST = 12
# Rules match jobs by the stack's name in front, so that has to be there whole.
LONGEST_TUNING_STACK = MAX_TUNING_NAME - _DIGEST - 1
DEFAULTS_SUFFIX = "-defaults"
_JOB_NAME = re.compile(
    rf"(?P<run>.*-[0-9a-f]{{{_DIGEST}}})(-r(?P<attempt>[1-9][0-9]?))?({DEFAULTS_SUFFIX})?", re.DOTALL
)


class Status(StrEnum):
    """Where a run stands."""

    WAITING = "Waiting"
    REJECTED = "Rejected"
    REPEATED = "Repeated"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"
    EVALUATED = "Evaluated"
    EVALUATION_FAILED = "EvaluationFailed"


# Events come late, twice and in any order: a status may skip ahead but never goes backwards. Waiting, Rejected
# and Repeated are what a run begins as; a further attempt begins as Waiting again (`Ledger.try_again`).
COMES_FROM: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset(),
    Status.REJECTED: frozenset(),
    Status.REPEATED: frozenset(),
    Status.IN_PROGRESS: frozenset({Status.WAITING}),
    Status.COMPLETED: frozenset({Status.WAITING, Status.IN_PROGRESS}),
    Status.FAILED: frozenset({Status.WAITING, Status.IN_PROGRESS}),
    Status.STOPPED: frozenset({Status.WAITING, Status.IN_PROGRESS}),
    Status.EVALUATED: frozenset({Status.COMPLETED}),
    Status.EVALUATION_FAILED: frozenset({Status.WAITING, Status.IN_PROGRESS, Status.COMPLETED}),
}
# Ended without an answer: the same bytes dropped again are tried again.
WITHOUT_ANSWER = frozenset({Status.REJECTED, Status.FAILED, Status.STOPPED, Status.EVALUATION_FAILED})
FINAL = WITHOUT_ANSWER | {Status.EVALUATED, Status.REPEATED}


class Tariff(BaseModel):
    """What an hour of one instance costs in a region by the prices of a day, USD."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hourly_usd: Decimal
    region: str
    as_of: date


class Run(BaseModel):
    """One record of the ledger. Times are UTC; sizes are bytes; metrics by name, None where undefined."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

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
    config_version_id: str | None = None
    owner: str | None = None

    # Runs of the same bytes with the same config: the first one, and on that the number and the name of the last.
    first_run: str | None = None
    generations: int = 1
    latest_run: str | None = None
    # Of a repeated drop: the run that has the answer.
    answered_by: str | None = None

    # The training job's name ends with the number of the attempt, from the second on.
    attempt: int = 1
    earlier_failures: tuple[str, ...] = ()
    earlier_billable_seconds: int = 0
    # Of attempts in another place, whose seconds have another price.
    earlier_usd: Decimal = Decimal(0)
    earlier_training_seconds: int = 0

    # In the line: what it waits for, since when, and until when it is not tried; who holds the launch, how often.
    waits_for: str | None = None
    refused_at: datetime | None = None
    not_before: datetime | None = None
    leased_until: datetime | None = None
    launch_tries: int = 0
    stop_requested_by: str | None = None
    # How often the reconciler looked after it in this status.
    looks: int = 0

    target: str | None = None
    task: str | None = None
    columns: int | None = None
    rows: int | None = None
    notes: tuple[str, ...] = ()
    test_key: str | None = None
    test_etag: str | None = None
    test_version_id: str | None = None
    test_size: int = 0
    metric: str | None = None
    minimum: float | None = None
    # Warnings end the run as EvaluationFailed.
    strict: bool = False
    framework: str = "xgboost"
    instance_type: str | None = None
    instance_count: int = 1
    # With instance_type lambda: the memory of the function, in MB.
    memory_mb: int | None = None

    # Of a run that tunes: the trials that there may be, beside the one with the defaults, and how many at once.
    max_trials: int | None = None
    max_parallel: int = 1
    objective: str | None = None
    direction: Direction | None = None
    # By the name of the trial with the defaults: why there will never be such a job.
    defaults_refused: dict[str, str] = {}
    # Once it has ended: the training job whose model is the run's, and how many trials, beside the one with the
    # defaults, ended with a value.
    best_trial: str | None = None
    trials_with_value: int | None = None
    # Where there is no best one: the training job whose log says most of why.
    telling_trial: str | None = None
    # What the trials came to, and what that gained.
    tuning: Tuned | None = None

    # Where it trains, what that costs by place (those that are known), and what limits it: seconds of one attempt, USD
    # of all.
    region: str | None = None
    tariffs: dict[str, Tariff] = {}
    max_runtime: int | None = None
    # From its creation the job has ended after so many seconds, spot capacity waited for.
    longest_seconds: int | None = None
    max_cost_usd: Decimal | None = None

    checked_at: datetime | None = None
    launched_at: datetime | None = None
    training_started_at: datetime | None = None
    training_ended_at: datetime | None = None
    # Of all attempts; None where SageMaker told none.
    billable_seconds: int | None = None
    training_seconds: int | None = None
    # The last values of the job's metric definitions, such as validation:auc.
    reported: dict[str, float | None] = {}
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
    test_digest: str | None = None

    # Decided once, with the champion's change if there is one: in full, the sentence, and the run it was compared with.
    comparison: Verdict | None = None
    verdict: str | None = None
    champion: str | None = None
    # Of a run that became champion: its ARN in the model registry.
    model_package: str | None = None
    # What a careful colleague would point out (`traindrop.doubts`).
    warnings: tuple[str, ...] = ()

    message_claimed_until: datetime | None = None
    notified_at: datetime | None = None

    @property
    def was_launched(self) -> bool:
        """Whether there is a training job: it may have ended before its launch was recorded."""
        return self.launched_at is not None or self.training_ended_at is not None

    @property
    def goes_on(self) -> bool:
        """Whether a training job of it is yet to be created or to end."""
        return self.status not in FINAL | {Status.COMPLETED}

    def awaits(self, job: str) -> bool:
        """Whether this training job is yet to be created or to end: the one of the present attempt, no earlier one."""
        return self.job == job and self.goes_on

    @property
    def tunes(self) -> bool:
        """Whether it is a tuning job: many training jobs, of which the best one's model is the run's."""
        return self.max_trials is not None

    @property
    def jobs(self) -> int:
        """How many training jobs an attempt has at the most: one, or all trials and the one with the defaults."""
        return 1 if self.max_trials is None else self.max_trials + 1

    @property
    def defaults_job(self) -> str:
        """Of a run that tunes: the training job with the hyperparameters that training.yaml has, to compare with."""
        return f"{self.job}{DEFAULTS_SUFFIX}"

    @property
    def place(self) -> str:
        """Where it trains, for a person: `2 × ml.m5.large`, `Lambda of 1,769 MB`."""
        if self.instance_type == LAMBDA:
            return f"Lambda of {self.memory_mb:,} MB" if self.memory_mb else "Lambda"
        return f"{self.instance_count} × {self.instance_type}"

    @property
    def tariff(self) -> Tariff | None:
        """Of the place of the present attempt; None where nobody knows it."""
        return self.tariffs.get(self.instance_type or "")

    @property
    def longest_attempt(self) -> int | None:
        """Seconds: a Lambda function ends by itself."""
        if self.max_runtime is None or self.instance_type != LAMBDA:
            return self.max_runtime
        return min(self.max_runtime, LAMBDA_SECONDS)

    @property
    def worst_case_usd(self) -> Decimal | None:
        """What one attempt costs at worst, with all its trials; None where its price is not known."""
        if self.tariff is None or self.longest_attempt is None:
            return None
        return training_cost(self.longest_attempt * self.jobs, self.instance_count, self.tariff.hourly_usd)

    @property
    def job(self) -> str:
        """The name of the training job of this attempt."""
        return self.run if self.attempt == 1 else f"{self.run}-r{self.attempt}"

    @property
    def logging_job(self) -> str:
        """The training job whose log a person wants to see: of a tuning that of one trial."""
        if not self.tunes:
            return self.job
        return self.best_trial or self.telling_trial or self.defaults_job

    @property
    def is_made_of(self) -> set[str | None]:
        """The object versions whose uploads this run is the answer to."""
        return {self.version_id, self.config_version_id} - {None}

    def input_key(self, key: str, channel: str) -> str:
        """Where the run's own copy of a dropped file lies: the file itself may be overwritten while the run waits."""
        return f"inputs/{self.run}/{channel}/{PurePosixPath(key).name}"

    @property
    def file(self) -> str:
        """The name of the dropped file, without its folder."""
        return PurePosixPath(self.key).name

    @property
    def request_key(self) -> str:
        return f"runs/{self.run}/request.json"

    @property
    def preparation_key(self) -> str:
        """How a test file is read for a model of the image's own algorithm (`traindrop.preparation`)."""
        return f"runs/{self.run}/preparation.json"

    @property
    def model_key(self) -> str:
        """Where SageMaker puts it: <S3OutputPath>/<job name>/output/model.tar.gz."""
        if self.tunes:
            return self.trial_key(self.best_trial or self.defaults_job, "model.tar.gz")
        return f"runs/{self.job}/output/model.tar.gz"

    @property
    def output_key(self) -> str:
        if self.tunes:
            return self.trial_key(self.best_trial or self.defaults_job, "output.tar.gz")
        return f"runs/{self.job}/output/output.tar.gz"

    def trial_key(self, job: str, file: str) -> str:
        """Where an artifact of one of the trials lies."""
        return f"{self.trials_prefix}{job}/output/{file}"

    @property
    def trials_prefix(self) -> str:
        """Of a run that tunes: all that its trials leave lies below it."""
        return f"runs/{self.run}/trials/"

    @property
    def defaults_request_key(self) -> str:
        """Of a run that tunes: the CreateTrainingJob request of the trial with the defaults."""
        return f"runs/{self.run}/defaults/request.json"

    @property
    def evaluation_key(self) -> str:
        return f"runs/{self.run}/evaluation.json"

    @property
    def report_key(self) -> str:
        return f"runs/{self.run}/report.html"

    @property
    def model_uri(self) -> str | None:
        """Where the model lies; None where training left none."""
        trained = self.status in {Status.COMPLETED, Status.EVALUATED, Status.EVALUATION_FAILED}
        return self.uri(self.model_key) if trained and self.training_ended_at is not None else None

    @property
    def predictions_key(self) -> str:
        """The predictions for a test file without the target."""
        return f"runs/{self.run}/predictions.csv"

    @property
    def dropped_key(self) -> str:
        """The run's copy of the dropped file where the image's own algorithm is given what was prepared of it."""
        return self.input_key(self.key, "dropped")

    @property
    def evaluation_uri(self) -> str | None:
        return self.uri(self.evaluation_key) if self.status is Status.EVALUATED else None

    @property
    def report_uri(self) -> str | None:
        return self.uri(self.report_key) if self.status is Status.EVALUATED else None

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"


def run_name(stack: str, dataset: str, *parts: str, longest: int = MAX_NAME) -> str:
    """`<stack>-<dataset>-<digest>`, of `longest` characters at the most: the same parts always give the same name.

    SageMaker never takes a training job name twice, so the name itself is what keeps a job from
    being launched twice. A dataset name that SageMaker would refuse is spelled out in ASCII; the
    digest covers its true spelling.
    """
    # As JSON, so that no two lists of parts look alike, whatever characters a key may hold.
    digest = hashlib.sha256(json.dumps([dataset, *parts]).encode()).hexdigest()[:_DIGEST]
    return f"{slug(stack, dataset, longest - _DIGEST - 1)}-{digest}"


def has_room_to_tune(stack: str) -> bool:
    """Whether a tuning job's name can begin with the whole name of the stack."""
    return len(stack) <= LONGEST_TUNING_STACK


def slug(stack: str, dataset: str, length: int) -> str:
    """`<stack>-<dataset>` in letters, digits and hyphens, as SageMaker takes it; the stack alone where none is left."""
    plain = unicodedata.normalize("NFKD", dataset).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-zA-Z0-9]+", "-", plain).strip("-").lower()
    return f"{stack}-{name}"[:length].rstrip("-") if name else stack


def run_of(job: str) -> tuple[str, int]:
    """The run and the attempt that a training job's name stands for; a trial's stands for no run."""
    found = _JOB_NAME.fullmatch(job)
    return (job, 1) if found is None else (found["run"], int(found["attempt"] or 1))


def whole(job: str) -> str:
    """The job that a training job is a part of: the tuning, of the trial with the defaults; of any other itself."""
    return job.removesuffix(DEFAULTS_SUFFIX)
