"""A trial's training job in Lambda with limits to reach: the real script, its curve, and its end before its time."""

from typing import Any

import pytest
from tests.functional.conftest import TABLE, Account
from tests.functional.service import service
from tests.functional.test_trainer import Queue, carry_out, endless, queue

from traindrop import aws, container, training
from traindrop.lambda_jobs import LambdaJob, LambdaJobs
from traindrop.ledger import Ledger, RecordKind
from traindrop.pruning import Limits

__all__ = ["queue", "service"]  # fixtures

NAME = "traindrop-long-0123456789ab-001-0a1b2c3d"


def trial(account: Account, queue: Queue, limits: Limits, rounds: int) -> LambdaJob:
    """Carry out a trial of so many rounds; its record then."""
    endless(account)
    function, request = queue.pop()
    hyperparameters = request["HyperParameters"] | {"num_round": str(rounds)}
    changed = {**request, "TrainingJobName": NAME, "HyperParameters": hyperparameters}
    LambdaJobs(account.ledger).create(changed, "us-east-1", limits)
    queue.append((function, changed))
    carry_out(queue)
    return LambdaJobs(Ledger(TABLE)).stored(NAME)


@pytest.mark.usefixtures("service")
def test_a_trial_that_misses_a_limit_is_stopped_at_once_and_that_is_told_from_a_persons_stop(
    account: Account, queue: Queue
) -> None:
    found = trial(account, queue, Limits("validation:auc", "maximize", {8: 0.1, 16: 1.1}), 100_000)
    assert (found.state.status, found.stopped_early) == ("Stopped", True)
    assert list(found.curve)[:5] == [1, 2, 4, 8, 16]
    assert len(found.curve) <= 20
    metrics = {each["MetricName"]: each["Value"] for each in found.state.metrics}
    last = max(found.curve)
    assert 16 <= last < 20_000  # a person's stop is looked for every two seconds
    assert metrics["validation:auc"] == pytest.approx(found.curve[last])
    (event,) = account.events()
    assert event["detail"]["SecondaryStatus"] == "Stopped"


@pytest.mark.usefixtures("service")
def test_a_trial_that_reaches_its_limits_goes_on_to_its_end_and_its_curve_is_kept(
    account: Account, queue: Queue
) -> None:
    found = trial(account, queue, Limits("validation:logloss", "minimize", {1: 5.0, 2: 5.0}), 20)
    assert (found.state.status, found.stopped_early) == ("Completed", False)
    assert list(found.curve) == [1, 2, 4, 8, 16, 20]
    metrics = {each["MetricName"]: each["Value"] for each in found.state.metrics}
    assert metrics["validation:logloss"] == found.curve[20] < found.curve[1]
    assert aws.exists("traindrop-dropbucket-1a2b3c4d", (found.state.model_artifacts or "").split("/", 3)[3])


@pytest.mark.usefixtures("service")
def test_a_trial_that_a_person_stops_was_not_stopped_early(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = container.run

    def stopped_meanwhile(*arguments: Any, **named: Any) -> Any:
        LambdaJobs(account.ledger).stop(NAME)
        return real(*arguments, **named)

    monkeypatch.setattr(training, "run", stopped_meanwhile)
    found = trial(account, queue, Limits("validation:auc", "maximize", {}), 100_000)
    assert (found.state.status, found.stopped_early) == ("Stopped", False)


@pytest.mark.usefixtures("service")
def test_watching_a_trial_reads_nothing_from_the_ledger(
    account: Account, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    real = Ledger.record

    def counted(ledger: Ledger, kind: RecordKind, name: str) -> Any:
        reads.append(name)
        return real(ledger, kind, name)

    monkeypatch.setattr(Ledger, "record", counted)
    monkeypatch.setattr(training, "_LOOK_SECONDS", 3600.0)
    trial(account, queue, Limits("validation:auc", "maximize", {4: 1.1}), 100_000)
    # To claim it and to end it, and this test's own; "Training" between them.
    assert len([name for name in reads if name == NAME]) == 4
