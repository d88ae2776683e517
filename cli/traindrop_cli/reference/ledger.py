"""docs/reference/ledger.md, out of `Run`; a test sees to it that every field has a meaning here."""

from traindrop.run import Run, Status
from traindrop_cli.reference.markdown import WRITTEN, page, table
from traindrop_cli.reference.types import in_words

_HEAD = """\
The runs table (output `Table`; DynamoDB, key `run`) has one record for each run: where it stands and all that is known
of it. Times are UTC in ISO 8601, sizes bytes. What is not known is missing. The index `by-dataset` lists a dataset's
runs by time. Read it as you like; write nothing: every write of traindrop's is conditional on what it read.

Records whose key begins with `#` are none of runs: `#upload/…` (which run answers an upload), `#slots` (training jobs
that count as running), `#spend/<month>`, `#job/…` (a training in a Lambda function) and `#champion/<dataset>`."""
STATUSES = {
    Status.WAITING: "it is yet to be launched: in the line, or just now",
    Status.IN_PROGRESS: "its training job was launched",
    Status.COMPLETED: "trained, being evaluated",
    Status.EVALUATED: "the end: it has a model and an evaluation",
    Status.FAILED: "the end: training failed, or could not be launched",
    Status.STOPPED: "the end: someone stopped it, or it reached its maximum run time",
    Status.REJECTED: "the end: the check found that it cannot be trained on",
    Status.REPEATED: "the end: `answered_by` has the answer",
    Status.EVALUATION_FAILED: "the end: it has a model; it could not be evaluated, or `strict` found warnings",
}
MEANINGS = {
    "run": "its name; that of its training job, but for the number of a further attempt",
    "dataset": "the dataset", "status": "see above", "created_at": "when the launcher heard of it",
    "bucket": "where it was dropped", "key": "what was dropped", "etag": "of what bytes", "size": "of the file",
    "version_id": "which version of the object", "uploaded_at": "when it was dropped",
    "config_version_id": "which version of training.yaml", "owner": "the tag `traindrop:owner`",
    "first_run": "of the same bytes and settings: the first run", "generations": "on the first: how many there are",
    "latest_run": "on the first: the last of them", "answered_by": "of a repeated drop: the run that has the answer",
    "attempt": "which one is made or was the last", "earlier_failures": "`<job>: <reason>` of each before",
    "earlier_billable_seconds": "of attempts before", "earlier_usd": "of attempts before in another place",
    "earlier_training_seconds": "of attempts before", "waits_for": "what keeps it in the line",
    "refused_at": "since when it waits again", "not_before": "until when it is not tried",
    "leased_until": "until when someone holds its launch", "launch_tries": "how often it was tried",
    "stop_requested_by": "who asked to stop it", "looks": "how often it was looked after in this status",
    "target": "the column", "task": "binary, multiclass or regression", "columns": "of the file",
    "rows": "of the file, where all of it was seen", "notes": "what the check has to say", "test_key": "the test file",
    "test_etag": "its bytes", "test_version_id": "its version", "test_size": "its size",
    "metric": "that training.yaml asks for", "minimum": "that training.yaml asks for",
    "strict": "whether warnings end it as EvaluationFailed", "framework": "what trains",
    "instance_type": "where; `lambda` for a function", "instance_count": "how many", "memory_mb": "of the function",
    "region": "where it trains", "tariffs": "what an hour costs, by place, where that is known",
    "max_trials": "of a run that tunes: trials at the most, beside the one with the defaults",
    "max_parallel": "of a run that tunes: trials at the same time",
    "objective": "of a run that tunes: the metric that makes a trial better than another",
    "direction": "of the objective",
    "best_trial": "of a run that tuned: the training job whose model is the run's",
    "trials_with_value": "of a run that tuned: how many, beside the one with the defaults, ended with a value",
    "telling_trial": "of a run whose tuning left no model: the training job whose log says most of why",
    "defaults_refused": "of a run that tunes: why its trial with the defaults will never be trained, by job",
    "tuning": "of a run that tuned: what its trials came to, and what that gained over the defaults",
    "max_runtime": "seconds of one attempt", "longest_seconds": "until a job has ended, from its creation",
    "max_cost_usd": "its ceiling", "checked_at": "when", "launched_at": "when, of the present attempt",
    "training_started_at": "when", "training_ended_at": "when", "billable_seconds": "of all attempts",
    "training_seconds": "of all attempts", "reported": "the last values of the job's own metrics",
    "evaluated_at": "when", "ended_at": "when", "reason": "why it was rejected, failed or was stopped",
    "failed_function": "the function that gave up on it", "main_metric": "the name of the metric that leads",
    "metrics": "of the test rows", "intervals": "95 %, of the test rows",
    "baseline": "what the same answer for every row reaches", "validation": "of the validation rows",
    "test_rows": "how many", "test_digest": "of the test file's bytes", "comparison": "with the champion of its time",
    "verdict": "the same in a sentence", "champion": "the run that it was compared with",
    "model_package": "ARN in the model registry", "warnings": "what a careful colleague would point out",
    "message_claimed_until": "until when someone sends the message", "notified_at": "when the message went out",
}  # fmt: skip


def ledger() -> str:
    schema = Run.model_json_schema()
    definitions = schema.get("$defs", {})
    rows = [(f"`{name}`", in_words(field, definitions), MEANINGS[name]) for name, field in schema["properties"].items()]
    statuses = table(("status", "meaning"), [(f"`{status.value}`", STATUSES[status]) for status in Status])
    return page(
        "The ledger", WRITTEN, _HEAD, f"## Statuses\n\n{statuses}",
        f"## Fields of a run\n\n{table(('field', 'holds', 'meaning'), rows)}",
    )  # fmt: skip
