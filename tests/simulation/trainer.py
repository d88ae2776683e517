"""What the trainer does between its claim on a job and the job's end, in memory; and what becomes of its jobs."""

import json
from typing import TYPE_CHECKING

from tests.simulation.history import InLambda, InLambdaTuning, Item
from tests.simulation.sagemaker import is_trial, last_values, model_key
from tests.simulation.tuning_jobs import is_stopped_early

from traindrop.container import Outcome
from traindrop.job_files import JobFailed
from traindrop.job_state import describe, from_record
from traindrop.lambda_jobs import End, LambdaJob, LambdaJobs
from traindrop.lambda_limits import RESERVED_SECONDS, Sandbox, limit_met, memory_limit
from traindrop.tuning_state import TuningState

if TYPE_CHECKING:
    from tests.simulation.account import Account

# Between two looks whether somebody wants it stopped.
_LOOK = 20.0


def carry_out(account: "Account", claimed: LambdaJob, sandbox: Sandbox, jobs: LambdaJobs) -> End:
    """Stands in for `traindrop.training.carry_out`: time passes, and the job's fate comes about."""
    job = claimed.state
    # The same for whoever carries it out.
    known = account.history.in_lambda[job.name]
    fate = known.fate = known.fate or account.sagemaker.fate(job.name)
    jobs.move(job.name, "Training")
    request: Item = dict(job.request)
    longest = sandbox.seconds - RESERVED_SECONDS
    ends = account.time.now + min(fate.seconds, longest)
    while account.time.now < ends:
        found = jobs.get(job.name)
        if found is None or found.state.status != "InProgress":
            return End("Stopped")
        account.pass_time(min(_LOOK, ends - account.time.now))
    known.trained += 1
    if fate.seconds > longest:
        cut_off = Outcome(-15, None, stopped=False, timed_out=True, seconds=longest)
        raise JobFailed(limit_met(cut_off, [], sandbox, cut_off=True, peak_mb=None) or "")
    if fate.status == "Failed":
        # A lack of capacity is nothing that a function meets; it may lack memory instead.
        raise JobFailed(memory_limit(sandbox) if "CapacityError" in (fate.reason or "") else fate.reason or "")
    metrics = tuple(last_values(request, fate, account.time.moment().timestamp()))
    if is_trial(request) and is_stopped_early(fate):
        return End("Stopped", metrics=metrics, stopped_early=True)
    jobs.move(job.name, "Uploading")
    if fate.status == "Completed" and fate.leaves_model:
        account.bucket.put(model_key(request), b"a model")
    return End("MaxRuntimeExceeded" if fate.status == "Stopped" else "Completed", metrics=metrics)


def note(account: "Account", record: Item) -> None:
    """A job's record was written: keep what the invariants look at."""
    content = json.loads(record["content"])
    state = content["state"]
    known = account.history.in_lambda.setdefault(
        state["request"]["TrainingJobName"], InLambda(account.time.now)
    )  # fmt: skip
    known.status, known.reason = state["status"], state["failure_reason"] or ""
    known.request = state["request"]
    known.metrics = {each["MetricName"]: each["Value"] for each in state["metrics"]}
    known.billed = describe(from_record(state)).get("BillableTimeInSeconds", 0)
    if known.ended is None and known.status in {"Completed", "Failed", "Stopped"}:
        known.ended = account.time.now


def note_tuning(account: "Account", name: str, record: Item) -> None:
    """A tuning's record was written: keep what the invariants look at."""
    known = account.history.tunings.setdefault(name, InLambdaTuning())
    assert isinstance(known, InLambdaTuning)
    known.written.append((account.time.now, TuningState.model_validate_json(record["content"])))
