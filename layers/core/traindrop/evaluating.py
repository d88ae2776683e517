"""From a completed training job to its evaluation, stored, recorded and told."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter

from traindrop import aws
from traindrop.against_defaults import with_tuning
from traindrop.announcing import announce
from traindrop.billed import cost_of_run
from traindrop.championing import challenge
from traindrop.clock import now
from traindrop.doubts import reason_of_strict, texts
from traindrop.ending import conclude
from traindrop.errors import EvaluationFailed
from traindrop.evaluation import PREDICTED, Evaluation, Rows, Subject, evaluate_archives, predict_archives
from traindrop.events import SILENT, TrainingJobStateChange, TuningJobStateChange
from traindrop.file_parts import Source
from traindrop.gain import tuned
from traindrop.held_out import check_test_size
from traindrop.ledger import Ledger
from traindrop.logs import about, log
from traindrop.model_files import own_metric
from traindrop.preparation import Preparation
from traindrop.registering import register
from traindrop.report import report
from traindrop.run import Run, Status, run_of
from traindrop.run_request import training_request
from traindrop.script_mode import Request
from traindrop.settings import EvaluatorSettings
from traindrop.trial import Trial
from traindrop.tuned import tuning_of, validation_rows
from traindrop.tunings import trials_of

Completion = TrainingJobStateChange | TuningJobStateChange
COMPLETION: TypeAdapter[Completion] = TypeAdapter(Completion, config=SILENT)


def evaluate(job: str, settings: EvaluatorSettings) -> Status | None:
    """Evaluate the run of a completed training job; its status then, None where the job is not ours.

    Safe to call any number of times. An exception means: deliver the event again.
    """
    ledger = Ledger(settings.table)
    with about(run_of(job)[0]):
        run = conclude(job, ledger)
        if run is None:
            return None
        if run.status is Status.COMPLETED:
            _evaluate(run, settings, ledger)
            run = ledger.stored(run.run)
        log().info("evaluation", extra={"status": run.status, "rows": run.test_rows})
        announce(run, settings.stack)
    return run.status


def _evaluate(run: Run, settings: EvaluatorSettings, ledger: Ledger) -> None:
    trials = trials_of(run, ledger) if run.tunes else ()
    request = aws.read_json(run.bucket, run.request_key) or {}
    try:
        evaluation = _score(run, request, trials, ledger).model_copy(update={"cost": cost_of_run(run)})
    except EvaluationFailed as error:
        found = _tuned(run, trials)
        ledger.advance(run.run, Status.EVALUATION_FAILED, now(), reason=str(error), ended_at=now(), **found)
        return
    # Names out of the data may hold what steers a terminal; in ASCII it stays an escape of JSON's.
    document = evaluation.model_dump_json(indent=2, ensure_ascii=True)
    aws.put(run.bucket, run.evaluation_key, document.encode(), "application/json")
    run = _reported_on(run, request, evaluation)
    registered = register(run, request, evaluation, settings)
    done = now()
    summary = (
        _summary(evaluation)
        | _tuned(run, trials, evaluation)
        | {"notes": tuple(dict.fromkeys((*run.notes, *_notes(evaluation))))}
        | registered
    )
    if run.strict and evaluation.warnings:
        reason = reason_of_strict(evaluation.warnings, run.uri(run.evaluation_key))
        ledger.advance(run.run, Status.EVALUATION_FAILED, done, reason=reason, ended_at=done, **summary)
        return
    ledger.advance(run.run, Status.EVALUATED, done, evaluated_at=done, ended_at=done, **summary)


def _reported_on(run: Run, request: Request, evaluation: Evaluation) -> Run:
    """The run, with a note where its report could not be drawn: what was measured stands without a picture of it."""
    best = evaluation.tuning.best_trial if evaluation.tuning else None
    try:
        page = report(evaluation, run, training_request(request, best.hyperparameters if best else None))
    except Exception as error:  # noqa: BLE001 - of a chart library that is given any numbers at all; logged, and told
        log().exception("no report")
        note = f"There is no report.html: drawing it failed ({type(error).__name__}), which is traindrop's own fault."
        return run.model_copy(update={"notes": (*run.notes, note)})
    aws.put(run.bucket, run.report_key, page.encode(), "text/html; charset=utf-8")
    return run


def _subject(run: Run) -> Subject:
    preparation = _preparation(run)
    return Subject(
        run=run.run,
        dataset=run.dataset,
        model_uri=run.uri(run.model_key),
        test_file=PurePosixPath(run.test_key).name if run.test_key else None,
        metric=run.metric,
        target=run.target or "",
        task=run.task or "auto",
        validation=_reported(run, "validation:"),
        fitted=_reported(run, "train:"),
        predictions_uri=run.uri(run.predictions_key),
        preparation=preparation,
    )


def _score(run: Run, request: Request, trials: Sequence[Trial], ledger: Ledger) -> Evaluation:
    """Fetch what is needed into a folder of its own, and score it. Raises `EvaluationFailed`."""
    subject, rows = _subject(run), list[Rows]()
    subject = replace(subject, training_file=_training_file(run, subject.preparation))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = _fetch(run.bucket, run.model_key, None, folder / "model.tar.gz")
        if model is None:
            raise EvaluationFailed(f"{run.uri(run.model_key)} is not there: the training job left no model.")
        output = _fetch(run.bucket, run.output_key, None, folder / "output.tar.gz")
        test = None
        if run.test_key:
            check_test_size(run.test_size, PurePosixPath(run.test_key).name)
            test = _fetch(run.bucket, run.test_key, run.test_version_id, folder / "test.csv")
            if test is None:
                raise EvaluationFailed(
                    f"{run.uri(run.test_key)} was deleted. Drop the test CSV again, and the training CSV."
                )
        unpacked = folder / "unpacked"
        unpacked.mkdir()
        evaluation = evaluate_archives(model, output, test, unpacked, subject=subject, keep=rows.append)
        if evaluation.predicted is not None:
            aws.upload(run.bucket, run.predictions_key, unpacked / PREDICTED, "text/csv")
        rows_of = partial(_rows_of, test=folder / "test.csv", folder=folder)
        if run.tunes:
            tuning, judged = tuning_of(run, request, trials), validation_rows(run, request)
            evaluation = with_tuning(run, evaluation, tuning, rows, rows_of, judged)
        return challenge(run, evaluation, rows, rows_of, ledger)


def _rows_of(other: Run, own_file: bool, *, test: Path, folder: Path) -> Rows | None:
    """What another model predicts for the test file: a champion's, or that with the defaults of the run itself.

    None where it is gone. Raises `EvaluationFailed`.
    """
    # Gone again before the next one comes: the disk holds the run's own model and one more.
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        model = _fetch(other.bucket, other.model_key, None, place / "model.tar.gz")
        if model is None:
            return None
        output = _fetch(other.bucket, other.output_key, None, place / "output.tar.gz")
        return predict_archives(model, output, test, place / "unpacked", subject=_subject(other), own_file=own_file)


def _training_file(run: Run, preparation: Preparation | None) -> Source | str:
    """The run's copy of the file that was dropped, to be read in parts; where it is not there, why not."""
    as_it_is = preparation is None or preparation.headerless
    key = run.input_key(run.key, "train") if as_it_is else run.dropped_key
    found = aws.stored(run.bucket, key)
    if found is None:
        return f"{run.uri(key)} was deleted"
    if found.size != run.size:
        return f"{run.uri(key)} has {found.size:,} bytes, and the file that was trained on had {run.size:,}"
    read = partial(aws.byte_range, run.bucket, key, found.etag)
    return Source(run.file, found.size, read, headerless=preparation is not None and preparation.headerless)


def _preparation(run: Run) -> Preparation | None:
    """How the file was prepared for the image's own algorithm; None where it was read as it was dropped."""
    if run.framework != "builtin-xgboost":
        return None
    document = aws.read_json(run.bucket, run.preparation_key)
    if document is None:
        raise EvaluationFailed(
            f"{run.uri(run.preparation_key)} was deleted: without it no file can be read for the model."
        )
    return Preparation.from_json(document)


def _reported(run: Run, prefix: str) -> dict[str, float | None]:
    """The metrics of one part of the rows among those that the training job's log told, by our names."""
    found = {name.removeprefix(prefix): value for name, value in run.reported.items() if name.startswith(prefix)}
    return dict(own_metric(name, value) for name, value in found.items() if value is not None)


def _fetch(bucket: str, key: str, version_id: str | None, path: Path) -> Path | None:
    with path.open("wb") as file:
        return path if aws.download(bucket, key, version_id, file) else None


def _notes(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.predicted
    if found is not None:
        yield (
            f"{found.file} has no column {evaluation.target!r}, the target: its {found.rows:,} rows were predicted and "
            f"not scored. The predictions are in {found.predictions}."
        )


def _tuned(run: Run, trials: Sequence[Trial], evaluation: Evaluation | None = None) -> dict[str, Any]:
    """What the ledger has of a tuning; nothing of a run that has none."""
    if not run.tunes:
        return {}
    found = evaluation.tuning.gain if evaluation and evaluation.tuning else None
    short = tuned(trials, run.objective or "", run.direction or "maximize", job=run.best_trial, gain=found)
    return {"tuning": short}


def _summary(evaluation: Evaluation) -> dict[str, Any]:
    """What listings and messages show, as it stands in the ledger."""
    return {
        "task": evaluation.task,
        "main_metric": evaluation.main_metric,
        "metrics": evaluation.metrics,
        "intervals": evaluation.intervals,
        "baseline": evaluation.baseline,
        "validation": evaluation.validation,
        "warnings": texts(evaluation.warnings),
        "test_rows": evaluation.scored.rows if evaluation.scored else None,
    }
