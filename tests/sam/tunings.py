"""A tuning in Lambda before its first step, and when one of its trials has ended."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.sam.deployed import RUN, Deployed
from tests.sam.matching import read_event, sent_to_emulator

from traindrop.lambda_jobs import End, LambdaJobs
from traindrop.lambda_tunings import records
from traindrop.tuning_state import TuningState
from traindrop.tuning_step import next_step, request_of

_MOMENT = datetime(2026, 11, 12, tzinfo=UTC)


def _tuning() -> TuningState:
    """The tuning of the events, before its first step."""
    request = sent_to_emulator(read_event("tuning_requested"))
    definition = request["TrainingJobDefinition"]
    defaults = {
        "TrainingJobName": f"{RUN}-defaults",
        "HyperParameters": definition["StaticHyperParameters"],
        **{name: value for name, value in definition.items() if name != "StaticHyperParameters"},
    }
    return TuningState(
        request=request, defaults=defaults, account="000000000000", region="us-east-1", partition="aws",
        created_at=_MOMENT, modified_at=_MOMENT,
    )  # fmt: skip


def to_be_tuned(stack: Deployed, _event: dict[str, Any]) -> Callable[[], None]:
    records(stack.ledger).add(RUN, _tuning())

    def effect() -> None:
        found = records(stack.ledger).stored(RUN)
        assert [trial.number for trial in found.trials] == [0, 1, 2, 3]
        assert all(LambdaJobs(stack.ledger).get(trial.job) for trial in found.trials)

    return effect


def trial_ended(stack: Deployed, event: dict[str, Any]) -> Callable[[], None]:
    begun = next_step(_tuning(), {}, _MOMENT, lambda *_: {"eta": 0.1, "max_depth": 4})
    records(stack.ledger).add(RUN, begun)
    jobs, ended = LambdaJobs(stack.ledger), event["detail"]["TrainingJobName"]
    for trial in begun.trials:
        jobs.create(request_of(begun, trial), "us-east-1")
        assert jobs.claim(trial.job, 900)
    jobs.end(ended, End("Completed", metrics=({"MetricName": "validation:auc", "Value": 0.8, "Timestamp": 1.0},)))

    def effect() -> None:
        found = records(stack.ledger).stored(RUN)
        (trial,) = (each for each in found.trials if each.job == ended)
        assert (trial.status, trial.objective, len(found.trials)) == ("completed", 0.8, 5)

    return effect
