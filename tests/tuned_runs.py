"""A run that tunes, and trials of it, as the tests of the faces show them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.builders import a_run

from traindrop.ledger import Ledger
from traindrop.run import Run, Status, Tariff
from traindrop.trial import Trial, TrialStatus
from traindrop_cli import run_trials

BEGAN = datetime(2026, 11, 12, 0, 0, 10, tzinfo=UTC)
NAME = "traindrop-flow-0123456789ab"


def a_tuned_run(**changes: Any) -> Run:
    """One that trains six trials in Lambda, two at once."""
    run = a_run(
        run=NAME, status=Status.IN_PROGRESS, launched_at=BEGAN, instance_type="lambda", memory_mb=1769, max_trials=6,
        max_parallel=2, objective="validation:auc", direction="maximize", max_runtime=600, region="us-east-1",
        task="binary", target="species", rows=60, columns=3, checked_at=BEGAN,
        tariffs={"lambda": Tariff(hourly_usd=Decimal("0.1037"), region="us-east-1", as_of=date(2026, 9, 25))},
    )  # fmt: skip
    return run.model_copy(update=changes)


def a_trial(number: int, objective: float | None = None, status: TrialStatus = "completed", **changes: Any) -> Trial:
    """Number n began n seconds after the launch and took two seconds; the defaults have other names of their own."""
    began = BEGAN + timedelta(seconds=number)
    chosen = {"eta": 0.1, "max_depth": 5} if number == 0 else {"eta": 0.012345 * number, "max_depth": number}
    is_over = status not in {"waiting", "running"}
    trial = Trial(
        number=number, job=f"{NAME}-defaults" if number == 0 else f"{NAME}-{number:03}-0123abcd", status=status,
        hyperparameters=chosen,
        objective=objective, created_at=BEGAN, started_at=None if status == "waiting" else began,
        ended_at=began + timedelta(seconds=2) if is_over else None, billable_seconds=3 if is_over else None,
    )  # fmt: skip
    return trial.model_copy(update=changes)


# Of six two run, one failed, one was stopped early: three have ended, the best of those is the second.
SOME = (
    a_trial(0, 0.8),
    a_trial(1, 0.75),
    a_trial(2, 0.91234),
    a_trial(3, status="failed", reason="AlgorithmError: it broke down"),
    a_trial(4, 0.6, "stopped early"),
    a_trial(5, status="running"),
    a_trial(6, status="running"),
)


class Trials:
    """What the places answer that carry trials out, of whatever run."""

    def __init__(self, now: Sequence[Trial] = SOME) -> None:
        self.now = tuple(now)
        self.asked = 0

    def __call__(self, run: Run, ledger: Ledger) -> tuple[Trial, ...]:
        del run, ledger
        self.asked += 1
        return self.now


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    found = Trials()
    monkeypatch.setattr(run_trials, "trials_of", found)
    return found
