"""report.html as text: what stands in it, and what never does. As a browser shows it: tests/report."""

from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import a_run

from traindrop import charts
from traindrop.charts import Axes, Series
from traindrop.curves import DRAWABLE, Curves, LearningCurve, curves_of
from traindrop.evaluation import Evaluation, Scored
from traindrop.importances import Importance
from traindrop.report import MAX_MATRIX, report
from traindrop.run import Run

MOMENT = datetime(2026, 11, 12, tzinfo=UTC)


def an_evaluation(classes: tuple[str, ...] = ("rose", "tulip"), **changes: Any) -> Evaluation:
    found = {
        "run": a_run().run,
        "dataset": "flowers",
        "task": "binary" if len(classes) == 2 else "multiclass",
        "target": "species",
        "classes": classes,
        "scored": Scored(file="held_out.csv", digest="sha256:00", rows=60),
        "main_metric": "auc",
        "metrics": {"accuracy": 0.9, "auc": 0.95, "precision": None},
        "intervals": {"auc": (0.9, 0.99)},
        "baseline": {"auc": 0.5},
        "confusion_matrix": [[3] * len(classes)] * len(classes),
        "validation": {},
        "timings": {"score": 0.2},
        "model": "s3://drops/model.tar.gz",
    }
    return Evaluation(**(found | changes))


def page(run: Run | None = None, request: dict[str, Any] | None = None, **changes: Any) -> str:
    return report(an_evaluation(**changes), run or a_run(), request)


def test_the_main_metric_comes_first_with_its_interval_and_its_baseline() -> None:
    found = page()
    assert found.index("0.950") < found.index("0.900 to 0.990") < found.index("0.500") < found.index("accuracy")
    assert "undefined" in found


def test_without_a_test_file_it_says_that_the_training_measured_itself() -> None:
    found = page(scored=None, metrics={}, intervals={}, baseline={}, confusion_matrix=None, validation={"auc": 0.8})
    assert "there was no test file" in found
    assert "0.800" in found
    assert "Confusion" not in found


def test_settings_have_what_was_asked_for_and_of_the_environment_the_names_alone() -> None:
    request = {
        "AlgorithmSpecification": {"TrainingImage": "sagemaker-xgboost:3.0-5"},
        "HyperParameters": {"max_depth": "3", "objective": '"binary:logistic"', "sagemaker_program": '"train.py"'},
        "Environment": {"TOKEN": "the secret"},
    }
    found = page(request=request)
    assert "sagemaker-xgboost:3.0-5" in found
    assert "<dt>objective</dt><dd>binary:logistic</dd>" in found
    assert "TOKEN" in found
    assert "the secret" not in found
    assert "train.py" not in found


def test_it_says_how_to_get_the_same_model_again_quoted_for_a_shell() -> None:
    found = page(
        a_run(bucket="drops", key="datasets/a b/train/x;y.csv", version_id="v1", test_key="datasets/a b/test/t.csv")
    )
    assert f"traindrop rerun {a_run().run}" in found
    assert "s3://drops/datasets/a b/train/x;y.csv" in found
    assert "sha256:00" in found
    assert "v1" in found


def test_times_cost_notes_and_earlier_attempts_are_told() -> None:
    run = a_run(
        training_started_at=MOMENT, training_ended_at=MOMENT, notes=("few rows",), earlier_failures=("no room",)
    )
    found = page(run)
    assert "training ended" in found
    assert "few rows" in found
    assert "no room" in found
    assert "unknown (no price" in found


def test_where_there_are_too_many_classes_the_most_frequent_mistakes_are_listed() -> None:
    names = tuple(f"c{number}" for number in range(MAX_MATRIX + 1))
    matrix = [[0] * len(names) for _ in names]
    matrix[3][5] = 41
    found = page(classes=names, confusion_matrix=matrix)
    assert "Most frequent mistakes" in found
    assert '<td>c3</td><td>c5</td><td class="n">41</td>' in found


def test_names_are_escaped_wherever_they_stand() -> None:
    bad = "</style></script><img src=x onerror=alert(1)>\x1b[31m\u202e\"'&"
    truth, score = np.array([0, 1, 1, 0]), np.array([0.1, 0.9, 0.8, 0.3])
    importances = tuple(Importance(column=bad + str(n), gain=0.1, permutation=0.1) for n in range(3))
    run = a_run(
        dataset=bad, key=f"datasets/{bad}/train/{bad}.csv", test_key=f"datasets/{bad}/test/{bad}.csv", notes=(bad,)
    )
    found = page(
        run,
        {"HyperParameters": {bad: bad}, "Environment": {bad: "x"}, "AlgorithmSpecification": {"TrainingImage": bad}},
        classes=("no", bad), target=bad, metrics={bad: 0.5}, main_metric=bad, importances=importances,
        curves=curves_of("binary", truth, score, ("no", bad)),
        scored=Scored(file=bad, digest="sha256:00", rows=4, skipped_unseen_label=1, unseen_labels=(bad,)),
    )  # fmt: skip
    assert found.count("</style>") == 1
    assert "<img" not in found
    assert "<script" not in found
    assert "\x1b" not in found
    assert "\u202e" not in found
    assert "default-src &#39;none&#39;" in found


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_was_predicted_there_is_a_report(task: Any, data: st.DataObject) -> None:
    numbers = st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30)
    values = np.array(data.draw(numbers))
    classes = {"binary": ("a", "b"), "multiclass": ("a", "b", "c"), "regression": ()}[task]
    if task == "regression":
        curves = curves_of(task, values, values[::-1], ())
    else:
        truth = (np.abs(values) > 1).astype(np.int64)
        shares = np.linspace(0, 1, len(values))
        both = np.column_stack((1 - shares, shares, 0 * shares))
        curves = curves_of(task, truth, shares if task == "binary" else both, classes)
    line = tuple(float(value) if abs(value) < DRAWABLE else None for value in values)
    rounds = LearningCurve(metric="m", rounds=tuple(range(1, len(line) + 1)), train=line, validation=line[::-1])
    curves = curves.model_copy(update={"learning": (rounds,), "best_round": 1})
    found = page(classes=classes, task=task, curves=curves, confusion_matrix=None)
    for part in found.split("<svg")[1:]:
        drawn = "<svg" + part.partition("</svg>")[0] + "</svg>"
        ElementTree.fromstring(drawn)  # noqa: S314 - our own
        assert "nan" not in drawn
        assert "inf" not in drawn


def test_an_evaluation_without_curves_has_a_report_without_plots() -> None:
    found = page(curves=None)
    assert "<svg" not in found
    assert page(curves=Curves()).count("<svg") == 0


def test_ticks_are_round_numbers_within_the_range() -> None:
    assert charts.ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert charts.ticks(-3.2, 17) == [0, 5, 10, 15]
    assert charts.ticks(5, 5) == [5]
    assert charts.ticks(1e-7, 3e-7) == pytest.approx([1e-7, 1.5e-7, 2e-7, 2.5e-7, 3e-7])


def test_the_numbers_below_bars_are_written_out() -> None:
    drawn = charts.bars("Importance", ["a", "b"], Series("", (0.0122, 0.0041)), errors=(0.002, 0.001))
    assert ">0.0025<" in drawn or ">0.005<" in drawn
    assert "…" not in drawn


def test_a_bar_with_a_very_long_name_is_drawn() -> None:
    drawn = charts.bars("x", ["n" * 5000, "m"], Series("", [0.5, 0.1], hints=["a", "b"]), errors=[0.1, 0])
    assert drawn.count("<rect") > 2
    assert len(drawn) < 20_000


def test_what_a_plot_shows_is_told_to_a_pointer_and_to_a_screen_reader() -> None:
    drawn = charts.histogram("Scores", Axes("x", "y"), [Series("a", [(2, 0, 1), (3, 1, 2)], hints=["two", "three"])])
    assert 'aria-label="Scores"' in drawn
    assert "<title>three</title>" in drawn
