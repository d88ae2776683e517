"""The simulator can fail: what each guard is there for breaks an invariant as soon as it is gone."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import chain, count
from typing import Any

import pytest
from tests.simulation import schedule
from tests.simulation.outcome import play_case, play_seed

from traindrop import (
    aws,
    ending,
    failures,
    keeping_order,
    lambda_tunings,
    launching,
    ledger,
    preparing,
    training_jobs,
    tuning,
    tuning_outcome,
)  # fmt: skip
from traindrop.attempts import AnotherAttempt
from traindrop.clock import now
from traindrop.events import TrainingJob
from traindrop.lambda_jobs import LambdaJobs
from traindrop.ledger import Ledger, RecordKind
from traindrop.run import MAX_ATTEMPTS, Run, Status, run_of
from traindrop.settings import NotifierSettings, TunerSettings
from traindrop.trial import Trial
from traindrop.tuning_config import Direction
from traindrop.tuning_state import TuningState
from traindrop.tuning_step import next_step
from traindrop.verdict import Verdict

MOST_SEEDS = 600
# In the seeds' schedules runs of one dataset are seldom evaluated at the same time.
RACE = "two at once/once/none"


# In every fifth runs are tuned; first those in which events of one are lost, and two tuners meet.
TUNED = (9, 74, *range(4, MOST_SEEDS, 5))
# What was lost of a tuning of minutes is made up for by then (docs/invariants.md), seconds; and of any other run.
LONG_ENOUGH, FOR_ANY_RUN = 12 * 3600.0, 48 * 3600.0
OF_TUNED = ("tuned/once/none", "tuned and stopped/once/none", "tuned by SageMaker/without Evaluator/none")


def found(number: str) -> str:
    """The first violation of an invariant, by the number in front of it."""
    cases, seeds = (OF_TUNED, TUNED) if number == "12" else ((RACE,), range(MOST_SEEDS))
    outcomes = chain(map(play_case, cases), map(play_seed, seeds))
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
    patch.setattr(schedule, "LONGEST", FOR_ANY_RUN)
    patch.setattr(keeping_order, "reconcile", lambda _settings: [])


def forget_to_count_what_runs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "take_slot", lambda *_: True)


def train_without_a_claim(patch: pytest.MonkeyPatch) -> None:
    claim = LambdaJobs.claim
    patch.setattr(LambdaJobs, "claim", lambda self, name, seconds: claim(self, name, seconds) or self.stored(name))


def forget_the_trainers_that_died(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schedule, "LONGEST", FOR_ANY_RUN)
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
    patch.setattr(schedule, "LONGEST", FOR_ANY_RUN)
    patch.setattr(ending, "settle", lambda *_: None)
    patch.setattr(keeping_order, "settle_ended", lambda _ledger: None)


def count_what_a_job_did_cost_once_more_each_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schedule, "LONGEST", FOR_ANY_RUN)

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


def begin_trials_before_they_are_written(patch: pytest.MonkeyPatch) -> None:
    step = next_step

    def begun_at_once(stands: TuningState, *others: Any) -> TuningState:
        after, settings = step(stands, *others), TunerSettings.from_env()
        for trial in after.open:
            tuning._carry_on(trial, after, LambdaJobs(Ledger(settings.table)), settings)
        return after

    patch.setattr(tuning, "next_step", begun_at_once)


def write_over_a_tuning_that_another_has_changed(patch: pytest.MonkeyPatch) -> None:
    write = Ledger.write_record

    def blindly(self: Ledger, kind: RecordKind, name: str, version: int, content: dict[str, Any]) -> bool:
        found = self.record(kind, name) if kind == "tuning" and version else None
        return write(self, kind, name, version if found is None else found[0], content)

    patch.setattr(Ledger, "write_record", blindly)


def take_the_first_trial_that_was_done_for_the_best(patch: pytest.MonkeyPatch) -> None:
    def first(trials: Sequence[Trial], _direction: Direction) -> Trial | None:
        return next((trial for trial in trials if trial.counts), None)

    patch.setattr(tuning_outcome, "best", first)


def leave_a_tuning_to_its_events(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schedule, "LONGEST", LONG_ENOUGH)
    patch.setattr(lambda_tunings, "look_after", lambda run, ledger, _settings: lambda_tunings.find(run, ledger))


def wait_for_trainers_that_died(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(schedule, "LONGEST", LONG_ENOUGH)
    patch.setattr(tuning, "is_given_up", lambda _job: False)
    patch.setattr(training_jobs, "bury", lambda *_: False)


def begin_trials_after_a_stop(patch: pytest.MonkeyPatch) -> None:
    step = next_step

    def unasked(stands: TuningState, *others: Any) -> TuningState:
        after = step(stands.model_copy(update={"stop_wanted": False}), *others)
        return after.model_copy(update={"stop_wanted": stands.stop_wanted})

    patch.setattr(tuning, "next_step", unasked)


def end_a_run_with_a_part_of_its_tuning(patch: pytest.MonkeyPatch) -> None:
    def at_once(job: str, reason: str, function: str, settings: NotifierSettings) -> list[str]:
        (name, attempt), at = run_of(job), now()
        fields = {"reason": reason, "failed_function": function, "ended_at": at}
        Ledger(settings.table).advance(name, Status.EVALUATION_FAILED, at, attempt=attempt, **fields)
        return [name]

    patch.setattr(failures, "_fail_evaluation", at_once)


def begin_all_trials_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TuningState, "max_parallel", property(lambda self: self.planned))


def end_a_tuning_with_the_first_trial(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(TuningState, "open", property(lambda self: [] if any(each.counts for each in self.trials) else [
        trial for trial in self.trials if not trial.has_ended
    ]))  # fmt: skip


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
        (begin_trials_before_they_are_written, "12"),
        (write_over_a_tuning_that_another_has_changed, "12"),
        (take_the_first_trial_that_was_done_for_the_best, "12"),
        (leave_a_tuning_to_its_events, "12"),
        (wait_for_trainers_that_died, "12"),
        (begin_trials_after_a_stop, "12"),
        (begin_all_trials_at_once, "12"),
        (end_a_run_with_a_part_of_its_tuning, "12"),
        (end_a_tuning_with_the_first_trial, "12"),
    ],
)
def test_a_guard_that_is_gone_is_missed(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], broken: str
) -> None:
    plant(monkeypatch)
    assert "python -m tests.simulation --" in found(broken)
