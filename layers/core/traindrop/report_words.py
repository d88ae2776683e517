"""What a report says in words and tables: metrics, times, settings, and how to get the same model again."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from traindrop import plain_text
from traindrop.evaluation import Evaluation
from traindrop.lambda_limits import LAMBDA
from traindrop.run import Run
from traindrop.script_mode import written_hyperparameters

METRICS = {
    "auc": "ROC AUC", "pr_auc": "PR AUC", "f1": "F1", "f1_macro": "F1, macro", "f1_weighted": "F1, weighted",
    "log_loss": "log loss", "brier": "Brier score", "balanced_accuracy": "balanced accuracy", "rmse": "RMSE",
    "mae": "MAE", "r2": "R²", "mape": "MAPE",
}  # fmt: skip
_MAX_SETTINGS = 100


@dataclass(frozen=True)
class MetricRow:
    """`interval`: 95 %; `baseline`: what the best constant answer reaches. None where there is none."""

    name: str
    value: float | None
    interval: tuple[float, float] | None
    baseline: float | None


def metric_rows(evaluation: Evaluation) -> list[MetricRow]:
    """The main metric first."""
    found = evaluation.metrics or evaluation.validation
    names = sorted(found, key=lambda name: name != evaluation.main_metric)
    return [
        MetricRow(
            METRICS.get(name, name.replace("_", " ")),
            found[name],
            evaluation.intervals.get(name),
            evaluation.baseline.get(name),
        )
        for name in names
    ]


def steps(run: Run, evaluation: Evaluation) -> list[tuple[str, str]]:
    """Each with how long it took."""
    moments = [
        ("", run.uploaded_at),
        ("checked", run.checked_at),
        ("launched", run.launched_at),
        ("training began", run.training_started_at),
        ("training ended", run.training_ended_at),
    ]
    known = [(name, at) for name, at in moments if at is not None]
    between = [
        (name, plain_text.duration(max(0.0, (at - before).total_seconds())))
        for (_, before), (name, at) in pairwise(known)
    ]
    scoring = sum(evaluation.timings.values())
    return [*between, *([("scored", plain_text.duration(scoring))] if scoring else [])]


def settings(run: Run, evaluation: Evaluation, request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the training was asked for; of the environment only the names, since the values may be secrets."""
    place = f"Lambda, {run.memory_mb:,} MB" if run.instance_type == LAMBDA and run.memory_mb else None
    found = {
        "target": evaluation.target,
        "task": evaluation.task,
        "framework": run.framework,
        "trained on": place or (f"{run.instance_count} x {run.instance_type}" if run.instance_type else None),
        "image": request.get("AlgorithmSpecification", {}).get("TrainingImage"),
        "longest run time": f"{run.max_runtime:,} s" if run.max_runtime else None,
        "environment": ", ".join(request.get("Environment", {})) or None,
    }
    asked = {
        name: value
        for name, value in sorted(written_hyperparameters(request).items())
        if not name.startswith("sagemaker_") and name not in found
    }
    return [(name, value) for name, value in (found | asked).items() if value is not None][:_MAX_SETTINGS]


def ingredients(run: Run, evaluation: Evaluation) -> list[tuple[str, str]]:
    """Which bytes went in and came out, and where they lie."""
    scored = evaluation.scored
    found = {
        "training file": run.uri(run.key),
        "its version": run.version_id,
        "rows, columns": f"{run.rows:,} rows, {run.columns:,} columns" if run.rows and run.columns else None,
        "test file": run.uri(run.test_key) if run.test_key else None,
        "test file's version": run.test_version_id,
        "test file's digest": scored.digest if scored else None,
        "request": run.uri(run.request_key),
        "request with the defaults": run.uri(run.defaults_request_key) if run.tunes else None,
        "model": evaluation.model,
        "these numbers": run.uri(run.evaluation_key),
    }
    return [(name, value) for name, value in found.items() if value]


def commands(run: Run) -> list[tuple[str, str]]:
    """What to type, quoted for a shell, each with what it does."""
    name = shlex.quote(run.run)
    return [
        (f"traindrop rerun {name}", "trains on the very same files once more, as a run of its own"),
        (f"traindrop show {name}", "shows the message and the time of each step"),
        (f"aws s3 cp {shlex.quote(run.uri(run.model_key))} .", "fetches the model"),
    ]
