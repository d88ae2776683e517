"""The simulator can fail: what each guard is there for breaks an invariant as soon as it is gone."""

from collections.abc import Callable
from decimal import Decimal
from itertools import chain, count
from typing import Any

import pytest
from tests.simulation.outcome import play_case, play_seed

from traindrop import aws, ending, keeping_order, launching, ledger, preparing, training_jobs
from traindrop.attempts import AnotherAttempt
from traindrop.events import TrainingJob
from traindrop.lambda_jobs import LambdaJobs
from traindrop.ledger import Ledger
from traindrop.run import MAX_ATTEMPTS, Run, Status, run_of
from traindrop.verdict import Verdict

MOST_SEEDS = 600
# In the seeds' schedules runs of one dataset are seldom evaluated at the same time.
RACE = "two at once/once/none"


def found(number: str) -> str:
    """The first violation of an invariant, by the number in front of it."""
    outcomes = chain((play_case(RACE),), map(play_seed, range(MOST_SEEDS)))
    for line in (line for outcome in outcomes for line in outcome.violations):
        if line.startswith(f"{number}:"):
            return line
    raise AssertionError(f"{MOST_SEEDS} schedules, and invariant {number} was never broken")


def launch_without_a_lease_and_under_any_name(patch: pytest.MonkeyPatch) -> None:
    asked = 1

    def any_name(request: dict[str, Any], name: str) -> dict[str, Any]:
        nonlocal asked
        asked = asked % 98 + 1
        return {**request, "TrainingJobName": f"{run_of(name)[0]}-r{asked + 1}"}

    def granted(self: Ledger, run: str, _now: Any) -> Run | None:
        found = self.get(run)
        return found if found is not None and found.status is Status.WAITING else None

    patch.setattr(Ledger, "claim_launch", granted)
    patch.setattr(launching, "for_job", any_name)


def tell_without_a_claim(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "claim_message", lambda *_: True)


def move_on_from_anywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "COMES_FROM", {status: frozenset(Status) for status in Status})


def heal_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(keeping_order, "reconcile", lambda _settings: [])


def forget_to_count_what_runs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "take_slot", lambda *_: True)


def train_without_a_claim(patch: pytest.MonkeyPatch) -> None:
    claim = LambdaJobs.claim
    patch.setattr(LambdaJobs, "claim", lambda self, name, seconds: claim(self, name, seconds) or self.stored(name))


def forget_the_trainers_that_died(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(training_jobs, "look_after", lambda run, ledger, _settings: training_jobs.find(run, ledger))
    patch.setattr(training_jobs, "bury", lambda *_: None)


def try_everything_again(patch: pytest.MonkeyPatch) -> None:
    again = AnotherAttempt(ledger.LEASE, "for luck")

    def always(job: TrainingJob, attempt: int) -> AnotherAttempt | None:
        return again if job.training_job_status == "Failed" and attempt < MAX_ATTEMPTS else None

    patch.setattr(ending, "another_attempt", always)


def count_without_looking_at_the_ceiling(patch: pytest.MonkeyPatch) -> None:
    count = Ledger.reserve
    patch.setattr(Ledger, "reserve", lambda self, month, job, usd, _ceiling: count(self, month, job, usd, None))
    patch.setattr(preparing, "reason_against", lambda *_: None)


def launch_without_counting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(launching, "reserve", lambda *_: None)


def leave_at_the_worst_case_what_has_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ending, "settle", lambda *_: None)
    patch.setattr(keeping_order, "settle_ended", lambda _ledger: None)


def count_what_a_job_did_cost_once_more_each_time(patch: pytest.MonkeyPatch) -> None:
    def settle(self: Ledger, month: str, _job: str, usd: Decimal) -> bool:
        patched = {"Key": {"run": f"#spend/{month}"}, "UpdateExpression": "ADD total_usd :usd"}
        return self._write("update_item", **patched, ExpressionAttributeValues={":usd": usd}) is not None

    patch.setattr(Ledger, "settle", settle)


def become_champion_in_whosever_place(patch: pytest.MonkeyPatch) -> None:
    in_place_of = Ledger._in_place_of

    def unasked(self: Ledger, _champion: str | None, run: Run) -> dict[str, Any]:
        update = in_place_of(self, None, run)
        return {name: value for name, value in update.items() if name != "ConditionExpression"}

    patch.setattr(Ledger, "_in_place_of", unasked)


def become_champion_before_the_verdict_is_written(patch: pytest.MonkeyPatch) -> None:
    decide = Ledger.decide

    def apart(self: Ledger, run: Run, verdict: Verdict, test_digest: str, *, over: str | None) -> bool:
        if verdict.becomes_champion and not self._write_all([{"Update": self._in_place_of(over, run)}]):
            return False
        lost = verdict.model_copy(update={"becomes_champion": False})
        return decide(self, run, lost, test_digest, over=over)

    patch.setattr(Ledger, "decide", apart)


def register_under_a_new_token_each_time(patch: pytest.MonkeyPatch) -> None:
    tokens = count()
    create = aws.create_model_package
    patch.setattr(aws, "create_model_package", lambda given: create({**given, "ClientToken": str(next(tokens))}))


@pytest.mark.parametrize(
    ("plant", "broken"),
    [
        (launch_without_a_lease_and_under_any_name, "1"),
        (tell_without_a_claim, "2"),
        (heal_nothing, "3"),
        (forget_to_count_what_runs, "4"),
        (try_everything_again, "5"),
        (move_on_from_anywhere, "7"),
        (count_without_looking_at_the_ceiling, "9"),
        (launch_without_counting, "9"),
        (leave_at_the_worst_case_what_has_ended, "9"),
        (count_what_a_job_did_cost_once_more_each_time, "9"),
        (train_without_a_claim, "10"),
        (forget_the_trainers_that_died, "10"),
        (become_champion_in_whosever_place, "11"),
        (become_champion_before_the_verdict_is_written, "11"),
        (register_under_a_new_token_each_time, "11"),
    ],
)
def test_a_guard_that_is_gone_is_missed(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], broken: str
) -> None:
    plant(monkeypatch)
    assert "python -m tests.simulation --" in found(broken)
