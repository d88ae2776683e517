"""Runs side by side: what they were told and given, and what came of it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from traindrop import plain_text
from traindrop.billed import run_usd, was_billed
from traindrop.cost import dollars
from traindrop.run import Run
from traindrop.script_mode import written_hyperparameters
from traindrop_cli.tuning_facts import tuning_facts

Request = Mapping[str, Any]
# Files and folders of the run itself: they always differ, and say nothing.
_OF_THE_RUN = ("sagemaker_", "save_")
_SAID_ELSEWHERE = {"target", "task", "train", "test"}


@dataclass(frozen=True)
class Row:
    """One fact of each run, in their order, as it is shown; None where a run has no such thing."""

    section: str
    name: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def rows(runs: Sequence[Run], requests: Sequence[Request]) -> list[Row]:
    """Every fact that any of the runs has; `requests`: of each its training job's, empty where it has none; of one that
    tuned as `as_trained` makes it."""
    found = [list(_facts(run, request)) for run, request in zip(runs, requests, strict=True)]
    by_run = [{(section, name): value for section, name, value in each} for each in found]
    names = list(dict.fromkeys((section, name) for each in found for section, name, _ in each))
    sections = list(dict.fromkeys(section for section, _ in names))
    names.sort(key=lambda name: sections.index(name[0]))
    compared = (Row(*name, tuple(each.get(name) for each in by_run)) for name in names)
    return [row for row in compared if any(value is not None for value in row.values)]


def on_other_rows(runs: Sequence[Run]) -> bool:
    """Whether some were tested on other rows than others, so that their metrics say little beside each other."""
    tested = [run for run in runs if run.metrics]
    return not all(same_test_file(tested[0], run) for run in tested)


def same_test_file(one: Run, other: Run) -> bool:
    """By the digest of what was scored; of runs that have none, by what S3 said of the file."""
    if one.test_digest and other.test_digest:
        return one.test_digest == other.test_digest
    return one.test_etag == other.test_etag


def _facts(run: Run, request: Request) -> Iterator[tuple[str, str, str | None]]:
    yield from (("config", *each) for each in _config(run, request))
    yield "data", "dataset", run.dataset
    yield "data", "file", run.file
    yield "data", "bytes", f"{run.size:,}"
    yield "data", "content", run.etag[:12]
    yield "data", "rows", _count(run.rows)
    yield "data", "columns", _count(run.columns)
    yield "data", "test file", run.test_key and run.test_key.rpartition("/")[2]
    yield "data", "test content", run.test_etag and run.test_etag[:12]
    yield from (("result", *each) for each in _result(run))
    usd = run_usd(run)
    yield "cost and time", "cost", dollars(usd) if usd is not None else "unknown" if was_billed(run) else None
    yield "cost and time", "billable seconds", _count(run.billable_seconds)
    for name, start, end in (
        ("training", run.training_started_at, run.training_ended_at),
        ("drop to message", run.uploaded_at, run.notified_at),
    ):
        yield "cost and time", name, plain_text.duration((end - start).total_seconds()) if start and end else None


def _config(run: Run, request: Request) -> Iterator[tuple[str, str | None]]:
    yield "framework", run.framework
    yield "image", request.get("AlgorithmSpecification", {}).get("TrainingImage", "").rpartition("/")[2] or None
    yield "place", run.place if run.instance_type else None
    yield "spot", "yes" if request.get("EnableManagedSpotTraining") else None
    yield "max_runtime", f"{run.max_runtime} s" if run.max_runtime else None
    yield "target", run.target
    yield "task", run.task
    yield "metric", run.metric
    yield "minimum", None if run.minimum is None else plain_text.number(run.minimum)
    for name, value in sorted(written_hyperparameters(request).items()):
        if not name.startswith(_OF_THE_RUN) and name not in _SAID_ELSEWHERE:
            yield name, value
    yield from tuning_facts(request)
    for name, value in sorted(request.get("Environment", {}).items()):
        yield f"environment {name}", value


def _result(run: Run) -> Iterator[tuple[str, str | None]]:
    yield "status", run.status.value
    metrics, of_test = run.metrics or run.validation, bool(run.metrics)
    names = [*([run.main_metric] if run.main_metric in metrics else []), *(n for n in metrics if n != run.main_metric)]
    for name in names:
        yield name if of_test else f"validation {name}", with_interval(run, name)
    yield "test rows", _count(run.test_rows)
    yield "verdict", run.comparison.outcome if run.comparison else None
    yield "reason", plain_text.line(run.reason, 60) if run.reason else None


def with_interval(run: Run, metric: str) -> str | None:
    """`0.871 (0.816 to 0.911)`; None where the metric is undefined."""
    value = (run.metrics or run.validation).get(metric)
    if value is None:
        return None
    low, high = run.intervals.get(metric, (None, None)) if run.metrics else (None, None)
    between = "" if low is None or high is None else f" ({plain_text.number(low)} to {plain_text.number(high)})"
    return f"{plain_text.number(value)}{between}"


def _count(number: int | None) -> str | None:
    return None if number is None else f"{number:,}"
