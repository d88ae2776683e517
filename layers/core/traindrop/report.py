"""report.html: the evaluation of a run for a person's eyes, one file that asks nothing of any other host."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from traindrop import plain_text
from traindrop.billed import cost_line
from traindrop.evaluation import Evaluation
from traindrop.plots import plots_of
from traindrop.report_words import METRICS, commands, ingredients, metric_rows, settings, steps
from traindrop.run import Run
from traindrop.tuning_plots import plots_of_tuning
from traindrop.tuning_table import facts, table_of

TEMPLATES = Path(__file__).parent / "report_page"
MAX_MATRIX = 15  # classes; of more, the most frequent mistakes are listed
_SHOWN_MISTAKES = 15
_SHOWN_COLUMNS = 100
# No script, no font, no picture: whatever the data smuggled in, a browser would not run or fetch it.
_POLICY = "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Cell:
    """Of the confusion matrix. `heat`: 0 to 10, by its share of its row."""

    rows: int
    share: float
    heat: int


def report(evaluation: Evaluation, run: Run, request: Mapping[str, Any] | None = None) -> str:
    """The page. `request`: the CreateTrainingJob request of the run, for its settings; None where it is not there."""
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page: str = (
        _environment()
        .get_template("report.html")
        .render(
            policy=_POLICY.format(digest),
            style=style,
            run=run,
            evaluation=evaluation,
            document=evaluation.model_dump(mode="json", by_alias=True),
            metric_names=METRICS,
            metrics=metric_rows(evaluation),
            plots=plots_of(evaluation),
            **_of_tuning(evaluation, run),
            matrix=confusion(evaluation),
            mistakes=mistakes(evaluation),
            shown_columns=_SHOWN_COLUMNS,
            steps=steps(run, evaluation),
            cost=cost_line(run),
            settings=settings(run, evaluation, request or {}),
            ingredients=ingredients(run, evaluation),
            commands=commands(run),
        )
    )
    return page


def _of_tuning(evaluation: Evaluation, run: Run) -> dict[str, Any]:
    """What the template needs of a run that tuned."""
    tuning = evaluation.tuning
    if tuning is None:
        return {}
    return {
        "tuning": tuning,
        "tuning_facts": facts(tuning, run),
        "tuning_plots": list(plots_of_tuning(tuning)),
        "trials": table_of(tuning, run),
    }


@cache
def _environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"number": plain_text.number, "markup": Markup, "short": plain_text.line}
    return found


def _shown(value: Any) -> Any:
    """What the template writes: names and cells on one line without control characters; escaped after this."""
    return plain_text.line(value, 1200) if isinstance(value, str) and not isinstance(value, Markup) else value


def confusion(evaluation: Evaluation) -> list[list[Cell]]:
    """By true class and predicted class; empty where there are too many classes to be read, or none."""
    found = evaluation.confusion_matrix
    if found is None or len(found) > MAX_MATRIX:
        return []
    shares = [[count / (sum(row) or 1) for count in row] for row in found]
    return [
        [Cell(count, share, round(share * 10)) for count, share in zip(*pair, strict=True)]
        for pair in zip(found, shares, strict=True)
    ]


def mistakes(evaluation: Evaluation) -> list[tuple[str, str, int]]:
    """True class, predicted class, rows: the most frequent ones, where the matrix is too large to be read."""
    found = evaluation.confusion_matrix
    if found is None or len(found) <= MAX_MATRIX:
        return []
    wrong = [
        (evaluation.classes[true], evaluation.classes[called], count)
        for true, row in enumerate(found)
        for called, count in enumerate(row)
        if true != called and count
    ]
    return sorted(wrong, key=lambda each: -each[2])[:_SHOWN_MISTAKES]
