"""What each command prints with --json: the fields that scripts may rely on, and what they mean.

Further fields may come; one that is here is neither renamed nor taken away within a major version.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Json:
    """`shape`: one object, a list of objects, or an object on each line. `sometimes`: fields that may be missing."""

    shape: Literal["object", "list", "lines"]
    fields: dict[str, str]
    sometimes: frozenset[str] = frozenset()
    note: str = ""


RUN = {
    "run": "its name",
    "dataset": "the dataset",
    "status": "Waiting, InProgress, Completed, Evaluated, Failed, Stopped, Rejected, Repeated or EvaluationFailed",
    "framework": "what trains",
    "main_metric": "the name of the metric that messages lead with",
    "metrics": "value of each metric by name, null where it is undefined",
    "metrics_of": "`test`, or `validation` where there is no test file; null where there are no metrics",
    "seconds": "from the drop to the message",
    "billable_seconds": "of all attempts",
    "cost": "`usd`, `billable_seconds`, `instance_count`, `instance_type`, `hourly_usd`, `region`, `prices_of`, "
    "`spot_saving`; null where no training has ended",
    "worst_case_usd": "what one attempt costs at the most; null where no price is known",
    "model": "URI of model.tar.gz",
    "evaluation": "URI of evaluation.json",
    "report": "URI of report.html",
    "reason": "why it was rejected, failed or was stopped",
    "file": "URI of the dropped file",
    "rows": "of the training file, where they were counted",
    "test_rows": "of the test file",
    "verdict": "how it compares with the champion of its time",
    "model_package": "ARN in the model registry, of a run that became champion",
    "created_at": "when the launcher heard of it, UTC",
    "attempt": "from 1",
    "earlier_failures": "why attempts before this one ended, `<job>: <reason>`",
    "place_in_line": "from 1, of a run that waits",
    "waits_for": "what a run that waits waits for",
    "answered_by": "of a repeated drop: the run that has the answer",
    "stop_requested_by": "who asked to stop it",
    "tuning": "`objective`, `direction` (minimize or maximize), `max_trials`, `max_parallel`, and once it has ended "
    "`best_trial` (a training job), `trials_with_value` and, evaluated, `gain` (over the defaults: `outcome`, `text`, "
    "`metric`, `value`, `defaults_value`, `difference`, `interval`, `rows`); null where it does not tune",
}
TRIALS = (
    "of a run that tunes, the best first: `number` (0: the defaults), `job`, `status` (waiting, running, completed, "
    "stopped early, stopped or failed), `hyperparameters` (those that are tuned), `objective` (its value), `is_best`, "
    "`is_defaults`, `seconds`, `billable_seconds`, `usd`, `started_at`, `ended_at`, `reason`; else empty"
)
_LOCAL = {
    "running": "whether a local AWS runs; false: nothing else is there",
    "endpoint_url": "its address",
    "pid": "its process",
    "stack": "name of the stack in it",
    "log_file": "what it writes",
    "bucket": "the bucket to drop into",
    "table": "the ledger's table",
    "dead_letter_queue": "URL of the queue",
}
_WHERE_LOCAL = frozenset(_LOCAL) - {"running"}

FIELDS = {
    "drop": Json(
        "object", RUN, frozenset(RUN) - {"dataset", "file", "status"},
        "Without `--wait`, `--local` or `--keep` only `dataset`, `file` and `status`, which is `Uploaded`.",
    ),
    "init": Json("object", {
        "dataset": "the dataset's name", "config": "the training.yaml that was written",
        "file": "the CSV that it is for; null in a folder without one", "target": "the column to predict",
        "task": "binary, multiclass or regression", "rows": "of the CSV", "columns": "their names",
    }),
    "plan": Json("object", {
        "status": "Accepted, or Rejected: then there is only the reason beside it",
        "reason": "why it would be rejected",
        "run": "the name that the run would get", "file": "the file's name", "rows": "of it, where they were counted",
        "columns": "`name`, `kind` and `missing` (a count) of each", "target": "the column to predict",
        "task": "binary, multiclass or regression", "notes": "what the message would say of the data",
        "place": "`instance_type`, `instance_count`, `memory_mb`, `else_on`, `why`",
        "expected": "`place`, `fits`, `seconds`, `billed_seconds`, `usd`, `worst_usd`, `priced_by`",
        "max_runtime": "seconds", "results": "where they would lie",
        "request": "the CreateTrainingJob request; where it tunes, the CreateHyperParameterTuningJob request",
        "tuning": "where it tunes: `strategy`, `objective`, `direction`, `trials` (without the one with the defaults), "
        "`parallel`, `early_stopping` and `ranges` (`name`, `kind`, `low`, `high`, `log`, `values`, `default`)",
        "defaults_request": "where it tunes: the CreateTrainingJob request of the trial with the defaults",
        "alternatives": "with `--compare`: other places, each as `expected`",
    }, frozenset({"run", "file", "rows", "columns", "target", "task", "notes", "place", "expected", "max_runtime",
                  "results", "request", "tuning", "defaults_request", "alternatives"})),
    "runs": Json("list", RUN),
    "show": Json("object", {**RUN, "trials": TRIALS}),
    "logs": Json("lines", {"job": "the training job", "line": "what it wrote"}),
    "report": Json("object", {"run": "the run", "dataset": "its dataset", "report": "the file that was written"}),
    "model": Json("object", {
        "run": "the run", "dataset": "its dataset", "framework": "what trained it", "model": "URI of model.tar.gz",
        "folder": "where it was unpacked", "files": "what is in it", "pickles": "those that run code when read",
    }),
    "predict": Json("object", {
        "run": "the run whose model predicted", "dataset": "its dataset", "task": "binary, multiclass or regression",
        "target": "the column that was predicted", "rows": "how many", "predictions": "the file that was written",
        "columns": "its columns",
    }),
    "compare": Json("object", {
        "runs": "each as of `show`, and `is_champion`", "differences": "by section and setting: the value of each run",
        "alike": "settings and data in which they do not differ", "same_test_rows": "whether metrics can be compared",
    }),
    "leaderboard": Json("object", {
        "dataset": "the dataset", "metric": "what it is ordered by", "champion": "the run that is the champion",
        "runs": "each as of `show`, and `place`, `value`, `interval`, `is_champion`",
    }),
    "rerun": Json("object", RUN),
    "stop": Json("object", RUN),
    "redrive": Json("list", {
        "message": "id of the message in the queue", "outcome": "put back, waits, let go or stays",
        "function": "which function gave up", "about": "what the event is about", "error": "why it gave up",
        "decided_anew": "runs that had ended because of it",
    }),
    "doctor": Json("list", {"check": "what was asked", "state": "ok, wrong or unknown", "text": "what was found"}),
    "prices": Json("list", {
        "region": "the region", "instance_type": "the instance type", "usd_per_hour": "the price", "as_of": "its day",
        "source": "who said so",
    }),
    "local up": Json("object", _LOCAL, _WHERE_LOCAL),
    "local down": Json("object", _LOCAL, _WHERE_LOCAL),
    "local status": Json("object", _LOCAL, _WHERE_LOCAL),
    "local messages": Json("list", {"subject": "the subject of the mail", "body": "its text"}),
}  # fmt: skip
