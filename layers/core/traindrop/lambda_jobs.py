"""The training jobs that a Lambda function carries out.

Each has a record in the ledger, which is to it what SageMaker's own record is to a job of SageMaker's: a name is taken
once, one function claims it, its states follow each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from traindrop.clock import now
from traindrop.events import TrainingJob
from traindrop.job_state import JobState, Scope, as_record, describe, from_record, new_job, stepped
from traindrop.ledger import Ledger
from traindrop.pruning import Limits, limits_from
from traindrop.records import Records


@dataclass(frozen=True)
class LambdaJob:
    """`claimed_until`: when the function that carries it out ends at the latest, in seconds since the epoch; None while
    none does.

    Of a trial `limits`: what it has to reach, and once it has ended its `curve` (`traindrop.thinned_curve`) and whether
    it was `stopped_early` because it missed one of them: nobody asked for that.
    """

    state: JobState
    claimed_until: float | None = None
    limits: Limits | None = None
    curve: Mapping[int, float] = field(default_factory=dict)
    stopped_early: bool = False

    @property
    def is_unclaimed(self) -> bool:
        return self.claimed_until is None and not self.state.is_over

    def training_job(self) -> TrainingJob:
        """As DescribeTrainingJob's answer is read."""
        known = describe(self.state)
        times = {name: datetime.fromtimestamp(at, UTC) for name, at in known.items() if name.endswith("Time")}
        return TrainingJob.model_validate(known | times)


@dataclass(frozen=True)
class End:
    """How a job ends: its last secondary status, and what it leaves; of a trial as in `LambdaJob`."""

    status: str
    failure_reason: str | None = None
    metrics: tuple[Mapping[str, Any], ...] = ()
    model: str | None = None
    curve: Mapping[int, float] = field(default_factory=dict)
    stopped_early: bool = False


class LambdaJobs:
    """The records of one stack."""

    def __init__(self, ledger: Ledger) -> None:
        self._records = Records(ledger, "job", _read, _written)

    def create(self, request: Mapping[str, Any], region: str, limits: Limits | None = None) -> LambdaJob:
        """The job of a request, made where it is not there yet; `limits` are a trial's."""
        # arn:aws:iam::<account>:role/…
        _, partition, _, _, account, *_ = request["RoleArn"].split(":")
        state = new_job(Scope(account, region, partition), request, _time())
        return self._records.add(state.name, LambdaJob(state, limits=limits))

    def get(self, name: str) -> LambdaJob | None:
        return self._records.get(name)

    def stored(self, name: str) -> LambdaJob:
        """A job that is known to be there. Raises `KeyError` where it is not."""
        return self._records.stored(name)

    def claim(self, name: str, seconds: float) -> LambdaJob | None:
        """Take a job to carry it out, within so many seconds; None where another has it, or it is over."""

        def claimed(job: LambdaJob) -> LambdaJob | None:
            if not job.is_unclaimed:
                return None
            return replace(job, state=stepped(job.state, "Downloading", _time()), claimed_until=_time() + seconds)

        return self._records.change(name, claimed)

    def move(self, name: str, status: str) -> None:
        """Put a job into its next secondary status, where it is not over."""
        self._records.change(name, _unless_over(lambda job: stepped(job, status, _time())))

    def end(self, name: str, end: End) -> LambdaJob | None:
        """Bring a job to its end; None where it had one."""

        def ended(job: LambdaJob) -> LambdaJob | None:
            if job.state.is_over:
                return None
            state = stepped(job.state, end.status, _time(), failure_reason=end.failure_reason)
            state = replace(state, metrics=end.metrics, model_artifacts=end.model)
            return replace(job, state=state, curve=end.curve, stopped_early=end.stopped_early)

        return self._records.change(name, ended)

    def stop(self, name: str) -> None:
        """Ask for a job's end: who carries it out, or claims it next, brings it about."""
        self._records.change(name, _unless_over(lambda job: stepped(job, "Stopping", _time())))


def _unless_over(change: Callable[[JobState], JobState]) -> Callable[[LambdaJob], LambdaJob | None]:
    return lambda job: None if job.state.is_over else replace(job, state=change(job.state))


def _time() -> float:
    return now().timestamp()


def _written(job: LambdaJob) -> dict[str, Any]:
    told = {
        "limits": None if job.limits is None else job.limits.as_record(),
        "curve": {str(round_): value for round_, value in job.curve.items()},
        "stopped_early": job.stopped_early,
    }
    return {"state": as_record(job.state), "claimed_until": job.claimed_until, **(told if job.limits else {})}


def _read(content: Mapping[str, Any]) -> LambdaJob:
    limits = content.get("limits")
    return LambdaJob(
        from_record(content["state"]),
        content["claimed_until"],
        None if limits is None else limits_from(limits),
        {int(round_): value for round_, value in content.get("curve", {}).items()},
        content.get("stopped_early", False),
    )
