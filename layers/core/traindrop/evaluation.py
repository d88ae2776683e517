"""A trained model scored on rows that training never saw: evaluation.json, and how it comes about."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from traindrop import predictions, scoring
from traindrop.artifacts import unpack
from traindrop.billed import Cost
from traindrop.careful_look import doubts_about_files, not_looked_at
from traindrop.column_summary import ColumnSummary
from traindrop.curves import Curves, curves_of
from traindrop.dataset import Schema, read
from traindrop.described_by_predictions import schema_of_predictions
from traindrop.doubts import Doubt
from traindrop.errors import EvaluationFailed
from traindrop.file_parts import Source, source_of
from traindrop.held_out import HeldOut, Reader, lacks_target, read_held_out
from traindrop.importances import Importance, importances_of
from traindrop.learning_curve import learning_curves
from traindrop.metric_doubts import doubts_about_metrics, unseen_labels
from traindrop.model_files import read_schema, training_metrics
from traindrop.predicting import write_predictions
from traindrop.predictions import BoosterPredict, Predictions
from traindrop.preparation import Preparation
from traindrop.row_sample import RowSample
from traindrop.scoring import Metrics, Scores
from traindrop.stopwatch import Watch
from traindrop.tuned import Tuning
from traindrop.verdict import Verdict

MODEL, DATASET, PREDICTIONS, METRICS = "model.ubj", "dataset.json", "predictions.csv", "metrics.json"
# In the folder of the evaluation: for a test file without the target.
PREDICTED = "predicted.csv"
# What the XGBoost image's algorithm mode writes.
BUILTIN_MODEL = "xgboost-model"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Scored(_Model):
    """What was scored. `rows` were; the skipped ones have no label, or one that training never saw."""

    file: str
    digest: str = Field(description="sha256: and the hexadecimal digest of the file.")
    rows: int
    skipped_missing_label: int = 0
    skipped_unseen_label: int = 0
    unseen_labels: tuple[str, ...] = Field((), description="The most frequent of them, five at most.")


class Predicted(_Model):
    """A test file without the target: its rows were predicted, to the address `predictions`, and not scored."""

    file: str
    rows: int
    predictions: str


class Evaluation(_Model):
    """evaluation.json. Metrics by name, None where undefined; 95 % intervals; seconds by step.

    Without a test file `scored` is None, `metrics` is empty, and `validation`, which training itself
    measured, is all there is. `main_metric` names one of `metrics`, else of `validation`.
    `confusion_matrix[i][j]`: rows of classes[i] predicted as classes[j].
    """

    schema_number: Literal[1] = Field(1, alias="schema")
    run: str
    dataset: str
    task: Literal["binary", "multiclass", "regression", "auto"] = Field(
        description="auto where the model of a script of one's own was not scored, and nothing tells."
    )
    target: str
    classes: tuple[str, ...]
    scored: Scored | None = None
    main_metric: str | None
    metrics: dict[str, float | None] = {}
    intervals: dict[str, tuple[float, float]] = {}
    baseline: dict[str, float | None] = Field({}, description="The best constant answer for the scored rows.")
    class_counts: dict[str, int] = {}
    confusion_matrix: list[list[int]] | None = None
    curves: Curves | None = None
    importances: tuple[Importance, ...] = Field((), description="Of a model that XGBoost reads, by column.")
    validation: dict[str, float | None]
    timings: dict[str, float]
    threshold: float | None = Field(None, description="A row is called classes[1] above it; of two classes.")
    residuals: dict[str, float | None] = Field({}, description="True value less prediction: mean, std, quantiles.")
    predicted: Predicted | None = None
    warnings: tuple[Doubt, ...] = ()
    columns: tuple[ColumnSummary, ...] = Field((), description="Of the files, at most 200.")
    cost: Cost | None = Field(None, description="What training cost, of all attempts.")
    verdict: Verdict | None = Field(None, description="Against the champion of the dataset, on the same test rows.")
    model: str = Field(description="Where the model lies.")
    tuning: Tuning | None = Field(None, description="Of a run that tuned: its trials, and what they gained.")


@dataclass(frozen=True)
class Subject:
    """What is evaluated, as evaluation.json names it. `metric` leads, if the task has it.

    `target` and `task` are what was asked for, `validation` the metrics that the training job reported: they count
    where the model says nothing itself. `preparation`: how the file was prepared for the image's own algorithm.
    """

    run: str
    dataset: str
    model_uri: str
    test_file: str | None = None
    metric: str | None = None
    target: str = ""
    task: str = "auto"
    validation: Metrics = field(default_factory=dict)
    preparation: Preparation | None = None
    # What the job reported of the rows that it learnt from.
    fitted: Metrics = field(default_factory=dict)
    # The training file; where it cannot be had, why.
    training_file: Source | str | None = None
    predictions_uri: str = ""


@dataclass(frozen=True)
class Rows:
    """What a model predicts for the rows of a test file, in their order; `truth` is NaN where a row has no label."""

    schema: Schema
    truth: npt.NDArray[np.float64]
    predictions: Predictions


Keep = Callable[[Rows], object]


def evaluate_archives(
    model: Path, output: Path | None, test_csv: Path | None, folder: Path, *, subject: Subject, keep: Keep | None = None
) -> Evaluation:
    """As `evaluate_model`, from model.tar.gz and output.tar.gz, unpacked into `folder`, an empty one."""
    output_dir = _unpacked(model, output, folder, subject)
    to = folder / PREDICTED
    return evaluate_model(
        folder / "model", test_csv, output_dir=output_dir, subject=subject, predictions_to=to, keep=keep
    )


def predict_archives(
    model: Path, output: Path | None, test_csv: Path, folder: Path, *, subject: Subject, own_file: bool
) -> Rows:
    """What the model of an earlier run predicts for a test file; `own_file`: it is the one it was evaluated on.

    Raises `EvaluationFailed` as `evaluate_model`, and for another file where there are predictions instead of a model.
    """
    output_dir = _unpacked(model, output, folder, subject)
    schema = _schema(folder / "model", output_dir, test_csv, subject)
    predict = _predict(folder / "model", schema, subject)
    if predict is None and not own_file:
        raise EvaluationFailed("all that is known of its model are its predictions for another test file.")
    test = _Test.of(test_csv, subject, (output_dir or folder / "model") / PREDICTIONS)
    found = read_held_out(test.path, schema, predict, file=test.name, reader=test.reader)
    return Rows(schema, found.truth, _predicted(found, test.written, schema))


def _unpacked(model: Path, output: Path | None, folder: Path, subject: Subject) -> Path | None:
    """The folder of what was in output.tar.gz; what was in model.tar.gz is in `folder`/model."""
    unpack(
        model, folder / "model", name="model.tar.gz", only={BUILTIN_MODEL} if subject.preparation else {MODEL, DATASET}
    )
    if output is None:
        return None
    unpack(output, folder / "output", name="output.tar.gz", only={PREDICTIONS, METRICS})
    return folder / "output"


def evaluate_model(
    model_dir: Path,
    test_csv: Path | None,
    *,
    output_dir: Path | None,
    subject: Subject,
    predictions_to: Path | None = None,
    keep: Keep | None = None,
) -> Evaluation:
    """Score the model in `model_dir` on `test_csv`, or report what training measured where there is none.

    The folders hold what was in model.tar.gz and output.tar.gz. An XGBoost model (model.ubj) predicts here, a batch of
    rows in memory at a time; of any other, predictions.csv is scored. No code of the training is run or unpickled. A
    test file without the target is predicted into `predictions_to`, where that is given. `keep` is given the
    predictions of the others.
    Raises `EvaluationFailed`: what is wrong with which file, and how to mend it.
    """
    watch = Watch()
    schema = _schema(model_dir, output_dir, test_csv, subject)
    validation = (training_metrics(output_dir / METRICS) if output_dir else {}) or subject.validation
    about = _about(subject, schema, validation) | {"curves": _learning(output_dir)}
    fitted = (training_metrics(output_dir / METRICS, "train") if output_dir else {}) or subject.fitted
    evaluation = Evaluation(**about, main_metric=_main_metric(subject, schema, validation), timings=watch.laps)
    if test_csv is not None:
        predict = _predict(model_dir, schema, subject)
        watch.lap("load")
        test = _Test.of(test_csv, subject, (output_dir or model_dir) / PREDICTIONS)
        if predictions_to is not None and not _is_headerless(subject) and lacks_target(test_csv, schema):
            rows = write_predictions(
                test_csv, schema, predict, test.written, predictions_to, file=test.name, reader=test.reader
            )
            watch.lap("predict")
            told = Predicted(file=test.name, rows=rows, predictions=subject.predictions_uri)
            evaluation = evaluation.model_copy(update={"predicted": told})
        else:
            evaluation = _scores_of(test, predict, schema, subject, about, watch, keep)
    return _doubted(evaluation, schema, test_csv, fitted, subject, watch)


@dataclass(frozen=True)
class _Test:
    """A test file with how it is read and what training has predicted of it."""

    path: Path
    name: str
    reader: Reader
    written: Path

    @classmethod
    def of(cls, path: Path, subject: Subject, written: Path) -> "_Test":
        reader = subject.preparation.read if subject.preparation else read
        return cls(path, subject.test_file or path.name, reader, written)


def _scores_of(
    test: _Test, predict: BoosterPredict | None, schema: Schema, subject: Subject, about: dict[str, Any], watch: Watch,
    keep: Keep | None,
) -> Evaluation:  # fmt: skip
    sample = RowSample(len(schema.columns))
    found = read_held_out(test.path, schema, predict, file=test.name, reader=test.reader, look=sample.add)
    predicted = _predicted(found, test.written, schema)
    if keep is not None:
        keep(Rows(schema, found.truth, predicted))
    watch.lap("predict")
    known = ~np.isnan(found.truth)
    truth = found.truth[known].astype(np.float64 if schema.task == "regression" else np.int64)
    # A copy of all of many predictions would be for nothing.
    answers = predicted if known.all() else predicted[known]
    scores = _score(schema.task, truth, answers)
    baseline = scoring.baseline(schema.task, truth, len(schema.classes))
    watch.lap("score")
    curves = curves_of(schema.task, truth, answers, schema.classes, about["curves"])
    importances = importances_of(predict, sample, found.truth, schema) if predict else ()
    watch.lap("explain")
    return Evaluation(
        **about | {"curves": curves, "importances": importances},
        scored=_scored(found, test.name, test.path),
        main_metric=_main_metric(subject, schema, scores.metrics),
        metrics=scores.metrics,
        intervals=scores.intervals,
        baseline=baseline,
        class_counts=_class_counts(truth, schema),
        confusion_matrix=scores.confusion_matrix,
        threshold=scoring.THRESHOLD if schema.task == "binary" else None,
        residuals=scores.residuals,
        timings=watch.laps,
    )


def _doubted(
    evaluation: Evaluation, schema: Schema, test_csv: Path | None, fitted: Metrics, subject: Subject, watch: Watch
) -> Evaluation:
    """With what a careful colleague would point out, the weightiest first."""
    found: tuple[Doubt, ...] = ()
    columns: tuple[ColumnSummary, ...] = ()
    if isinstance(subject.training_file, Source):
        test = None
        if test_csv is not None:
            name = subject.test_file or test_csv.name
            test = source_of(test_csv, name=name, headerless=subject.training_file.headerless)
        found, columns = doubts_about_files(subject.training_file, test, schema)
    elif subject.training_file is not None:
        found = (not_looked_at(subject.training_file),)
    about_metrics = doubts_about_metrics(
        evaluation.main_metric,
        evaluation.metrics,
        evaluation.baseline,
        evaluation.intervals,
        fitted,
        evaluation.validation,
    )
    watch.lap("look")
    return evaluation.model_copy(
        update={
            "warnings": (*about_metrics, *_unseen_labels(evaluation), *found),
            "columns": columns,
            "timings": watch.laps,
        }
    )


def _unseen_labels(evaluation: Evaluation) -> Iterator[Doubt]:
    scored = evaluation.scored
    if scored is not None and scored.skipped_unseen_label:
        yield unseen_labels(scored.file, scored.skipped_unseen_label, scored.rows, scored.unseen_labels)


def _is_headerless(subject: Subject) -> bool:
    return subject.preparation is not None and subject.preparation.headerless


def _schema(model_dir: Path, output_dir: Path | None, test_csv: Path | None, subject: Subject) -> Schema:
    if subject.preparation is not None:
        return subject.preparation.schema
    predictions = (output_dir or model_dir) / PREDICTIONS
    if (model_dir / DATASET).exists() or ((model_dir / MODEL).exists() and not predictions.exists()):
        return read_schema(model_dir / DATASET)
    if test_csv is None:
        return Schema(subject.target, subject.task, (), ())
    return schema_of_predictions(predictions, test_csv, subject.target, subject.task)


def _predict(model_dir: Path, schema: Schema, subject: Subject) -> BoosterPredict | None:
    """By the model itself where it is XGBoost's and it is known how a file becomes its features."""
    if subject.preparation is not None:
        if not (model_dir / BUILTIN_MODEL).exists():
            raise EvaluationFailed(f"model.tar.gz holds no {BUILTIN_MODEL}: the algorithm saved no model.")
        return predictions.by_booster(model_dir / BUILTIN_MODEL, schema)
    is_described = (model_dir / MODEL).exists() and (model_dir / DATASET).exists()
    return predictions.by_booster(model_dir / MODEL, schema) if is_described else None


def _learning(output_dir: Path | None) -> Curves | None:
    """What metrics.json has of the rounds of training; None where it has no rounds."""
    curves, best_round = learning_curves(output_dir / METRICS) if output_dir else ((), None)
    return Curves(learning=curves, best_round=best_round) if curves else None


def _predicted(found: HeldOut, written: Path, schema: Schema) -> Predictions:
    """Made on the way, or what training wrote."""
    if found.predictions is not None:
        return found.predictions
    return predictions.from_file(written, schema, len(found.truth))


def _scored(found: HeldOut, file: str, path: Path) -> Scored:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Scored(
        file=file,
        digest=f"sha256:{digest}",
        rows=len(found.truth) - found.missing - found.unseen,
        skipped_missing_label=found.missing,
        skipped_unseen_label=found.unseen,
        unseen_labels=found.unseen_labels,
    )


def _score(task: str, truth: npt.NDArray[Any], predicted: Predictions) -> Scores:
    if task == "regression":
        return scoring.regression(truth, predicted)
    return (scoring.binary if task == "binary" else scoring.multiclass)(truth, predicted)


def _class_counts(truth: npt.NDArray[Any], schema: Schema) -> dict[str, int]:
    if schema.task == "regression":
        return {}
    counts = np.bincount(truth, minlength=len(schema.classes)).tolist()
    return dict(zip(schema.classes, counts, strict=True))


def _main_metric(subject: Subject, schema: Schema, metrics: Metrics) -> str | None:
    """The metric asked for, else the task's own; where it is undefined for these rows, the first that is not."""
    preferred = (subject.metric or "", scoring.MAIN_METRIC.get(schema.task, ""), *metrics)
    return next((name for name in preferred if metrics.get(name) is not None), None)


def _about(subject: Subject, schema: Schema, validation: Metrics) -> dict[str, Any]:
    return {
        "run": subject.run,
        "dataset": subject.dataset,
        "model": subject.model_uri,
        "task": schema.task,
        "target": schema.target,
        "classes": schema.classes,
        "validation": validation,
    }
