"""What must hold after every schedule, by its number in docs/invariants.md: pure functions over the history.

Each yields one line for each violation.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from tests.simulation.account import PRICES
from tests.simulation.history import Change, History, InLambda, InLambdaTuning, Item
from tests.simulation.sagemaker import Job
from tests.simulation.timeline import moment
from tests.simulation.tuning_invariants import OF_TUNINGS
from tests.simulation.tuning_jobs import TuningJob

from traindrop.cost import training_cost
from traindrop.lambda_limits import LIMIT_EXCEEDED
from traindrop.ledger import LEASE
from traindrop.prices import lambda_price
from traindrop.run import COMES_FROM, FINAL, MAX_ATTEMPTS, Status, run_of
from traindrop.trial import tuning_of
from traindrop.tuning_state import as_training_job

OfRun = Job | InLambda | InLambdaTuning | TuningJob
_RETRYABLE = ("CapacityError", "InternalServerError")
# How long ago whoever launches may have looked at the line: no function that launches lives longer.
_LOOKED = LEASE


def one_job_at_a_time(history: History) -> Iterator[str]:
    """1: the jobs of one run do not overlap, and there are no more of them than attempts."""
    for run, jobs in _jobs_by_run(history).items():
        jobs.sort(key=lambda job: job[1].created)
        if len(jobs) > MAX_ATTEMPTS:
            yield f"1: {run} has {len(jobs)} jobs"
        for (first, one), (second, other) in pairwise(jobs):
            if one.ended is None or one.ended > other.created:
                yield f"1: {second} was created while {first} ran"


def one_answer(history: History) -> Iterator[str]:
    """1: an upload has one run, but for one that was put back from the dead-letter queue."""
    for upload, runs in history.answers.items():
        if len(runs) > 1 + history.forgotten[upload]:
            yield f"1: upload {upload[:20]} was answered by {sorted(runs)}"


def one_end(history: History) -> Iterator[str]:
    """1, 7: a run comes to an end once; its status moves only as `COMES_FROM` says, or to the next attempt."""
    ends: Counter[str] = Counter()
    for change in history.changes:
        if change.after is None or change.after.get("status") is None:
            yield f"7: {change.run} was deleted, or written without a status"
            continue
        status = Status(change.after["status"])
        if change.before is None:
            ends[change.run] += status in FINAL
            if status not in {Status.WAITING, Status.REJECTED, Status.REPEATED, Status.FAILED}:
                yield f"7: {change.run} began as {status}"
            continue
        was = Status(change.before["status"])
        if was is status and change.before["attempt"] == change.after["attempt"]:
            continue
        ends[change.run] += status in FINAL
        if not _may_follow(change, was, status):
            yield f"7: {change.run} went from {was} to {status} by {change.by}"
    for run, count in ends.items():
        if count != 1 + history.reopened[run]:
            yield f"1: {run} came to an end {count} times"


def _may_follow(change: Change, was: Status, status: Status) -> bool:
    assert change.before is not None
    assert change.after is not None
    if status is Status.WAITING:
        further = change.after["attempt"] == change.before["attempt"] + 1
        return further and was in {Status.WAITING, Status.IN_PROGRESS}
    if status is Status.COMPLETED and was is Status.EVALUATION_FAILED:
        return change.by == ""  # reopened by hand
    return was in COMES_FROM[status] and change.after["attempt"] == change.before["attempt"]


def one_message(history: History) -> Iterator[str]:
    """2: every end is told once; again only where the teller did not come to record it."""
    told, excused = Counter(name for _, name, _ in history.messages), Counter(history.unrecorded)
    for run, record in history.runs.items():
        least, most = 1, 1 + excused[run] + history.reopened[run]
        if not least <= told[run] <= most:
            yield f"2: {told[run]} messages for {run} ({record['status']}), {excused[run]} unrecorded"
    for name, count in told.items():
        if name not in history.runs and count > 1 + excused[name]:
            yield f"2: {count} messages for {name}"


def nothing_lost(history: History) -> Iterator[str]:
    """3: every upload is answered, every run has ended and is told of, every poison event is told of."""
    for upload in history.uploads:
        if upload.needs_run and not history.answers.get(upload.identity):
            yield f"3: the upload {upload.kind} of {upload.at:.1f} has no run"
    for run, record in history.runs.items():
        if Status(record["status"]) not in FINAL:
            yield f"3: {run} never ended: {record['status']}"
        elif "notified_at" not in record:
            yield f"3: the end of {run} is not recorded as told"
    poisoned = sum(upload.kind == "poison" for upload in history.uploads)
    told = sum(name.startswith("#failure/") for _, name, _ in history.messages)
    if told < poisoned:
        yield f"3: {poisoned} events that nobody can read, {told} messages"
    yield from (f"3: never came to rest: {name}" for name in history.unsettled)
    yield from (f"3: still in the dead-letter queue: {name}" for name in history.left_over)


def first_come_first_served(history: History) -> Iterator[str]:
    """4: no run is launched while an earlier one of its type could be, as far as whoever launches could know.

    One whose launch failed of itself does not keep the others from theirs, and a launch that was cut off goes on.
    """
    for launched in history.launched:
        if launched.troubled or launched.record.get("launch_tries", 0) > 1:
            continue
        mine = launched.record
        for other in launched.line:
            if other["run"] == mine["run"] or other["created_at"] >= mine["created_at"]:
                continue
            if _was_passed_over(other, launched.at, history):
                yield f"4: {mine['run']} was launched before {other['run']}, which came earlier, at {launched.at:.1f}"


def _was_passed_over(other: Item, at: float, history: History) -> bool:
    """Whether it stood in the line for everyone to see, and nobody was launching it, or had died doing so."""
    looked = moment(at) - _LOOKED
    since = moment(history.in_line_since(other["run"], at))
    leased = "leased_until" in other and _time(other["leased_until"]) > looked
    paused = "not_before" in other and _time(other["not_before"]) > looked
    refused = "refused_at" in other and _time(other["refused_at"]) < looked
    return since < looked and refused and not leased and not paused


def no_idling(history: History) -> Iterator[str]:
    """4: in a quiet world whoever could be launched is, whatever others wait for."""
    yield from (f"4: {line}" for line in history.idle)


def within_limits(history: History) -> Iterator[str]:
    """4: never more jobs at once than MaxConcurrentJobs."""
    for launched in history.launched:
        if len(launched.running) > history.most_jobs:
            yield f"4: {len(launched.running)} jobs ran at {launched.at:.1f}, {history.most_jobs} may"


def attempts_have_reasons(history: History) -> Iterator[str]:
    """5: a further attempt has the next name, and the one before it failed in a way that may pass."""
    for run, jobs in _jobs_by_run(history).items():
        by_attempt = {run_of(name)[1]: job for name, job in jobs}
        for name, _ in jobs:
            attempt = run_of(name)[1]
            if name != (run if attempt == 1 else f"{run}-r{attempt}"):
                yield f"5: {name} is no name of an attempt"
            if attempt == 1:
                continue
            before = by_attempt.get(attempt - 1)
            if before is None or before.ended is None or not _may_pass(before):
                yield f"5: {name} without a failure before it that may pass"


def in_lambda_once(history: History) -> Iterator[str]:
    """10: a job in Lambda is trained once at the most and comes to its end; a further attempt is SageMaker's."""
    for name, job in history.in_lambda.items():
        if job.trained > 1:
            yield f"10: {name} was trained {job.trained} times"
        if job.ended is None:
            yield f"10: {name} never came to an end: {job.status}"
        if run_of(name)[1] > 1 or run_of(tuning_of(name) or "")[1] > 1:
            yield f"10: {name}, a further attempt, is in Lambda"


def _may_pass(job: OfRun) -> bool:
    if isinstance(job, InLambdaTuning):
        reason = as_training_job(job.now, ()).failure_reason or ""
        return job.status == "Failed" and reason.startswith((*_RETRYABLE, LIMIT_EXCEEDED))
    if isinstance(job, TuningJob):
        failed = [child for child in job.trials if child.status == "Failed"]
        return bool(failed) and all((child.fate.reason or "").startswith(_RETRYABLE) for child in failed)
    if isinstance(job, InLambda):
        return job.status == "Failed" and job.reason.startswith((*_RETRYABLE, LIMIT_EXCEEDED))
    return job.status == "Failed" and ((job.fate.reason or "").startswith(_RETRYABLE) or job.fate.interrupted)


def the_same_is_not_trained_twice(history: History) -> Iterator[str]:
    """6: while a run of some content lives or has the answer, no other run of it is begun but by a wish."""
    wishes = {run for upload in history.uploads if upload.kind == "rerun" for run in history.answers[upload.identity]}
    families: dict[str, list[str]] = defaultdict(list)
    for run, record in history.runs.items():
        if record["status"] != Status.REPEATED:
            families[record.get("first_run", run)].append(run)
    for members in families.values():
        for one, other in ((a, b) for a in members for b in members if a != b and b not in wishes):
            born = history.born[other]
            if born >= history.born[one] and history.status_at(one, born) not in _WITHOUT_ANSWER:
                yield f"6: {other} was begun while {one} was {history.status_at(one, born)}"


_WITHOUT_ANSWER = {Status.REJECTED, Status.FAILED, Status.STOPPED, Status.EVALUATION_FAILED}


def others_are_left_alone(history: History) -> Iterator[str]:
    """8: no question and no stop but about a run of this stack's ledger."""
    for operation, name in history.touched:
        if run_of(tuning_of(name) or name)[0] not in history.runs:
            yield f"8: {operation} of {name}"


def within_the_month(history: History) -> Iterator[str]:
    """9: a job is counted before it is there, the sum keeps the ceiling, and in the end it is what they did cost."""
    for launched in history.launched:
        if not launched.counted:
            yield f"9: {launched.job} was created without being counted"
    for month, total in history.reached.items():
        if 0 < history.monthly_usd < total:
            yield f"9: {month} came to {total}, {history.monthly_usd} it may"
    for month, record in history.months.items():
        if left := record.keys() - {"run", "total_usd"}:
            yield f"9: {month} still counts {sorted(left)} at their worst case"
    counted = sum((record["total_usd"] for record in history.months.values()), Decimal(0))
    of_runs = (each for jobs in _jobs_by_run(history).values() for each in jobs)
    cost = sum((_cost(name, job, history) for name, job in of_runs), Decimal(0))
    if counted != cost:
        yield f"9: {counted} is counted, and the jobs did cost {cost}"


def _cost(name: str, job: OfRun, history: History) -> Decimal:
    """One that never ended is one that this schedule did not wait for."""
    if isinstance(job, Job | TuningJob):
        return training_cost(job.billed, 1, Decimal(PRICES.training[job.instance_type]))
    price = lambda_price([PRICES], PRICES.region, 1769)
    assert price is not None
    trials = (each.billed for trial, each in history.in_lambda.items() if tuning_of(trial) == name)
    return training_cost(job.billed if isinstance(job, InLambda) else sum(trials), 1, price.usd)


def one_champion(history: History) -> Iterator[str]:
    """11: who becomes champion was compared with the one before, once and for good, and goes to the registry once."""
    now: dict[str, str] = {}
    for crowned in history.crowned:
        verdict = history.runs[crowned.champion].get("comparison", {})
        if not verdict.get("becomes_champion"):
            yield f"11: {crowned.champion} is champion of {crowned.dataset} without a verdict that says so"
        if crowned.before != now.get(crowned.dataset) or verdict.get("champion") != crowned.before:
            yield (
                f"11: {crowned.champion} was compared with {verdict.get('champion')} and took the place of "
                f"{crowned.before}"
            )
        now[crowned.dataset] = crowned.champion
    champions = Counter(crowned.champion for crowned in history.crowned)
    yield from (f"11: {run} became champion {count} times" for run, count in champions.items() if count > 1)
    for run, record in history.runs.items():
        if record.get("comparison", {}).get("becomes_champion") and run not in champions:
            yield f"11: {run} has won and is not champion"
    for run in now.values():
        if history.runs[run]["status"] != Status.EVALUATED:
            yield f"11: {run} is champion and {history.runs[run]['status']}"
    versions = Counter(history.registered)
    yield from (f"11: {run} has {count} versions in the registry" for run, count in versions.items() if count > 1)
    yield from (f"11: {run} is in the registry and never was champion" for run in versions.keys() - champions.keys())
    for change in history.changes:
        before, after = (change.before or {}).get("comparison"), (change.after or {}).get("comparison")
        if before is not None and before != after:
            yield f"11: the verdict of {change.run} was changed"


def bounded(history: History) -> Iterator[str]:
    """No hot loop: the number of invocations follows from the events, the retries and the minutes."""
    most = 3 * (2 * history.events + history.ticks + 3 * len(history.redriven) + len(history.uploads)) + 10
    if history.invocations > most:
        yield f"bounded: {history.invocations} invocations for {history.events} events"
    for run, count in history.asked.items():
        if count > 3 * MAX_ATTEMPTS + history.ticks + history.invocations:
            yield f"bounded: {count} calls of CreateTrainingJob for {run}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _jobs_by_run(history: History) -> dict[str, list[tuple[str, OfRun]]]:
    """Those of runs that tune are their tunings."""
    found: dict[str, list[tuple[str, OfRun]]] = defaultdict(list)
    everywhere: dict[str, OfRun] = {**history.jobs, **history.in_lambda, **history.tunings}
    for name, job in everywhere.items():
        if name not in history.foreign and not history.is_trial(name):
            found[run_of(name)[0]].append((name, job))
    return found


INVARIANTS: tuple[Callable[[History], Iterator[str]], ...] = (
    one_job_at_a_time, one_answer, one_end, one_message, nothing_lost, first_come_first_served, no_idling,
    within_limits, attempts_have_reasons, the_same_is_not_trained_twice, others_are_left_alone, within_the_month,
    in_lambda_once, one_champion,
    bounded, *OF_TUNINGS,
)  # fmt: skip


def violations(history: History) -> list[str]:
    return [line for invariant in INVARIANTS for line in invariant(history)]
