"""Which plots a report has, and what stands beside each: from the curves and importances of an evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from traindrop import charts, plain_text
from traindrop.charts import UNIT_TICKS, Axes, Series, unit_square
from traindrop.curves import Calibration, Curve, Curves, Histogram, LearningCurve, Points
from traindrop.evaluation import Evaluation
from traindrop.importances import Importance
from traindrop.report_words import METRICS

SHOWN_COLUMNS = 15
_UNITS = {"binary": "area under the ROC curve", "multiclass": "accuracy", "regression": "root mean squared error"}


@dataclass(frozen=True)
class Plot:
    """`kind` is its id in the page; `legend` has a name for each colour; `svg` is safe markup; `wide` takes a row."""

    kind: str
    title: str
    note: str
    svg: str
    legend: Sequence[str] = ()
    wide: bool = False


def plots_of(evaluation: Evaluation) -> list[Plot]:
    """In the order of a reader: does it work, can it be believed, by what, and how was it learnt."""
    curves = evaluation.curves or Curves()
    return [
        *_of_ranking(curves),
        *_of_scores(curves, evaluation),
        *_of_values(curves),
        *_of_importances(evaluation),
        *(_learning(number, curve, curves.best_round) for number, curve in enumerate(curves.learning)),
    ]


def _of_ranking(curves: Curves) -> Iterator[Plot]:
    diagonal = Series("", ((0, 0), (1, 1)), is_reference=True)
    if curves.roc:
        axes = unit_square("false positive rate", "true positive rate")
        note = "How many of a class are found at the price of how many false alarms. Dashed: chance."
        svg = charts.lines("ROC curve", axes, [*_lines(curves.roc), diagonal])
        yield Plot("roc", "ROC curve", note, svg, _names(curves.roc))
    if curves.precision_recall:
        axes = unit_square("recall", "precision")
        note = "The more of a class are to be found (recall), the more of the finds are wrong (precision)."
        svg = charts.lines("Precision and recall", axes, _lines(curves.precision_recall))
        yield Plot("precision-recall", "Precision and recall", note, svg, _names(curves.precision_recall))
    if curves.calibration:
        axes = unit_square("predicted probability", "share of rows")
        note = (
            "Where 70 % is predicted, is it true of 70 % of the rows? Dashed: exactly so. Larger dots have more rows."
        )
        svg = charts.lines("Calibration", axes, [*map(_calibration, curves.calibration), diagonal], dots=True)
        yield Plot("calibration", "Calibration", note, svg, _names(curves.calibration))


def _lines(curves: Sequence[Curve]) -> list[Series]:
    return [Series(each.name, list(zip(each.x, each.y, strict=True))) for each in curves]


def _names(curves: Sequence[Curve] | Sequence[Calibration]) -> list[str]:
    return [each.name for each in curves]


def _calibration(found: Calibration) -> Series:
    points = list(zip(found.predicted, found.observed, strict=True))
    most = max(found.rows)
    hints = [
        f"{found.name}: predicted {x:.0%}, true of {y:.0%} of {rows:,} rows"
        for (x, y), rows in zip(points, found.rows, strict=True)
    ]
    return Series(found.name, points, hints=hints, radii=[2 + 5 * (rows / most) ** 0.5 for rows in found.rows])


def _of_scores(curves: Curves, evaluation: Evaluation) -> Iterator[Plot]:
    if curves.scores is None:
        return
    if evaluation.task == "binary":
        positive = plain_text.line(evaluation.classes[1], 40)
        title, note = "Scores by class", f"Test rows by the predicted probability of {positive}, for each true class."
    else:
        title, note = "How sure, and right?", "Test rows by the probability of the class that was predicted."
    axes = Axes("predicted probability", "rows", x_ticks=UNIT_TICKS)
    svg = charts.histogram(title, axes, _bars(curves.scores))
    yield Plot("scores", title, note, svg, list(curves.scores.counts))


def _bars(found: Histogram) -> list[Series]:
    spans = list(zip(found.edges, found.edges[1:], strict=False))
    return [
        Series(
            name,
            [(count, *span) for count, span in zip(counts, spans, strict=True)],
            hints=[
                f"{name}: {count:,} rows from {charts.tick(low)} to {charts.tick(high)}"
                for count, (low, high) in zip(counts, spans, strict=True)
            ],
        )
        for name, counts in found.counts.items()
    ]


def _of_values(curves: Curves) -> Iterator[Plot]:
    points = curves.predicted_against_true
    if points is not None:
        ends = min(*points.true, *points.predicted), max(*points.true, *points.predicted)
        both = [Series("test rows", _pairs(points)), Series("", [(end, end) for end in ends], is_reference=True)]
        note = f"{len(points.true):,} test rows, evenly spaced by their true value. Dashed: a perfect prediction."
        svg = charts.dots("Predicted against true", Axes("true value", "predicted value"), both)
        yield Plot("predicted", "Predicted against true", note, svg)
    if curves.residuals is not None:
        axes = Axes("predicted less true value", "rows")
        note = "How far predictions are off, and to which side. The outermost bars hold what lies beyond them too."
        svg = charts.histogram("Residuals", axes, _bars(curves.residuals))
        yield Plot("residuals", "Residuals", note, svg)
    if points is not None:
        left = [(x, x - true) for true, x in _pairs(points)]
        level = Series("", [(end, 0) for end in (min(points.predicted), max(points.predicted))], is_reference=True)
        axes = Axes("predicted value", "predicted less true")
        note = "The same rows. A slope or a funnel is something that the model has not learnt."
        svg = charts.dots("Residuals by prediction", axes, [Series("test rows", left), level])
        yield Plot("residuals-by-prediction", "Residuals by prediction", note, svg)


def _pairs(points: Points) -> list[tuple[float, float]]:
    return list(zip(points.true, points.predicted, strict=True))


def _of_importances(evaluation: Evaluation) -> Iterator[Plot]:
    by_gain = [each for each in evaluation.importances if each.gain]
    more = f" The first {SHOWN_COLUMNS} of {len(evaluation.importances):,} columns."
    cut = more if len(evaluation.importances) > SHOWN_COLUMNS else ""
    if by_gain:
        shown = by_gain[:SHOWN_COLUMNS]
        hints = [f"{each.column}: {each.gain or 0:.1%} of the gain" for each in shown]
        values = Series("", [each.gain or 0 for each in shown], hints=hints)
        svg = charts.bars("Importance by gain", [each.column for each in shown], values)
        note = "Each column's share of all that the trees gained by their splits in training."
        yield Plot("gain", "Importance by gain", note + cut, svg)
    measured = [each for each in evaluation.importances if each.permutation is not None]
    if measured:
        measured.sort(key=lambda each: each.permutation or 0, reverse=True)
        yield _permutation(measured[:SHOWN_COLUMNS], _UNITS.get(evaluation.task, "metric"), cut)


def _permutation(shown: Sequence[Importance], metric: str, cut: str) -> Plot:
    hints = [f"{each.column}: {each.permutation or 0:.4g}" for each in shown]
    values = Series("", [each.permutation or 0 for each in shown], hints=hints)
    errors = [each.permutation_std or 0 for each in shown]
    svg = charts.bars("Importance on the test rows", [each.column for each in shown], values, errors)
    note = f"How much worse the {metric} gets where a column's values are shuffled among the test rows."
    return Plot("permutation", "Importance on the test rows", note + cut, svg)


def _learning(number: int, curve: LearningCurve, best: int | None) -> Plot:
    parts = {"validation": curve.validation, "train": curve.train}
    series = [
        Series(name, list(zip(curve.rounds, values, strict=True)))
        for name, values in parts.items()
        if any(value is not None for value in values)
    ]
    values = [value for each in series for _, value in each.points if value is not None]
    if best is not None and values:
        series.append(Series("", [(best, min(values)), (best, max(values))], is_reference=True))
    title = f"Learning curve: {METRICS.get(curve.metric, plain_text.line(curve.metric, 30))}"
    note = "By round of training, on the rows it learnt from and on those kept back."
    note += "" if best is None else f" Dashed: the round that the model ends with, {best:,}."
    svg = charts.lines(title, Axes("round", ""), series)
    return Plot(f"learning-{number}", title, note, svg, [each.name for each in series if not each.is_reference])
