"""From what a training file holds to how it is read: task, classes and features, by rules that know no
dataset.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

from collections.abc import Sequence

from traindrop.cells import number
from traindrop.column import Column
from traindrop.csv_rows import DatasetError
from traindrop.findings import Findings, shown_names
from traindrop.schema import Feature, Schema

TASKS = ("binary", "multiclass", "regression")
LEAST_ROWS = 20  # below it the hold-out of a fifth has fewer than four rows: no number about the model means a thing
# A value in fewer training rows says more about those rows than about the next: it counts as "other". By
# cross-validation on several data sets 2 to 10 make no difference that can be told from chance.
LEAST_CATEGORY_ROWS = 5
WORD_SHARE = 0.05  # of the rows have to have a word of a text, and to lack it, for it to become a feature
MOST_WORDS = 30  # per column: the most frequent
MOST_CATEGORIES = 1000  # per column: the most frequent; dataset.json stays readable and a split affordable
MOST_CLASSES_OF_NUMBERS = 20  # whole numbers with more values are something measured or counted, not classes
MOST_CLASSES = 1000  # each class costs one tree per round


def fit(findings: Findings, target: str, task: str, drop: Sequence[str]) -> Schema:
    """How to read files of this kind.

    Raises DatasetError where file, target, task and drop do not go together; of a file seen in part
    (`findings.complete` false) only for what no further row can change.
    """
    column = findings.column(target)
    for name in drop:
        findings.column(name)
    if target in drop:
        raise DatasetError(f"the target {target!r} is also in drop. Take it out of drop or choose another target.")
    _check_rows(findings, column)
    task = resolve_task(column, task)
    if task == "regression":
        _check_numbers(column)
    else:
        _check_classes(column, task, complete=findings.complete)
    used = [found for found in findings.columns if found.name != target and found.name not in drop]
    features = tuple(feature for found in used for feature in features_of(found))
    if findings.complete and not features:
        raise DatasetError(
            f"no column is left to learn from. Beside the target {target!r}: "
            f"{shown_names([found.name for found in used]) or 'none'}; each is empty, constant, a row number, or text "
            "that hardly ever repeats. Add columns that tell rows apart."
        )
    classes = () if task == "regression" else classes_of(column)
    return Schema(target, task, classes, features, column.kind == "decimal_comma")


def resolve_task(column: Column, task: str) -> str:
    """`auto` by the target's values; two classes are binary, whatever was asked."""
    if task == "auto":
        task = infer_task(column)
    return "binary" if task == "multiclass" and len(classes_of(column)) == 2 else task


def infer_task(column: Column) -> str:
    """Numbers are to be estimated (regression) unless they are whole and few; two classes are binary."""
    classes = len(classes_of(column))
    if column.numeric and (column.many or classes > 2) and (not column.integers or classes > MOST_CLASSES_OF_NUMBERS):
        return "regression"
    return "multiclass" if classes > 2 else "binary"


def classes_of(column: Column) -> tuple[str, ...]:
    """The classes of a target as spelled in the file, sorted: by value if all are numbers (1 and 1.0 are
    one), else by text; None is then a class."""
    if not column.numeric or column.odd:
        return tuple(sorted({**column.counts, **column.nones}))
    by_value: dict[float, str] = {}
    for text in column.counts:
        by_value.setdefault(number(text, decimal_comma=True), text)
    return tuple(by_value[value] for value in sorted(by_value))


def features_of(column: Column) -> list[Feature]:
    """The features that a column gives: none where no value tells one row from another."""
    if column.kind == "empty" or column.row_number:
        return []
    if column.distinct == 1 and not column.many and not column.missing:
        return []
    if column.numeric:
        return [Feature(column.name, column.kind)]
    if column.kind == "date":
        parts = ("date", "month", "weekday", "hour") if column.daytime else ("date", "month", "weekday")
        return [Feature(column.name, part, style=column.style) for part in parts]
    return _category(column) + _words(column)


def _category(column: Column) -> list[Feature]:
    kept = [text for text, rows in column.counts.items() if rows >= LEAST_CATEGORY_ROWS][:MOST_CATEGORIES]
    other = column.rows - column.missing > sum(column.counts[text] for text in kept)
    if len(kept) + other + (column.missing > 0) < 2:
        return []
    return [Feature(column.name, "category", tuple(sorted(kept)), other)]


def _words(column: Column) -> list[Feature]:
    """The words that tell texts apart, where the texts themselves hardly ever repeat."""
    present = column.rows - column.missing
    repeated = sum(rows for rows in column.counts.values() if rows >= LEAST_CATEGORY_ROWS)
    if repeated > present / 2:
        return []
    least = max(WORD_SHARE * column.rows, LEAST_CATEGORY_ROWS)
    kept = [word for word, rows in column.words.items() if least <= rows <= present - least][:MOST_WORDS]
    return [Feature(column.name, "word", word=word) for word in sorted(kept)]


def _check_rows(findings: Findings, column: Column) -> None:
    labelled = column.rows - column.missing + (0 if column.numeric else sum(column.nones.values()))
    if findings.complete and labelled < LEAST_ROWS:
        raise DatasetError(
            f"too few rows: {labelled} with a value in the target column {column.name!r}, {findings.rows} in all. "
            f"Training and validation need at least {LEAST_ROWS}."
        )


def _check_numbers(column: Column) -> None:
    if column.kind != "empty" and (not column.numeric or column.odd):
        odd = column.odd or next(iter(column.counts), "text")
        raise DatasetError(
            f"the target column {column.name!r} holds {odd!r}, which is no number, and task regression needs numbers. "
            "Correct the cell, or set task to auto, binary or multiclass.",
            repr(odd),
        )


def _check_classes(column: Column, task: str, *, complete: bool) -> None:
    classes = classes_of(column)
    if column.many or len(classes) > MOST_CLASSES:
        raise DatasetError(
            f"the target column {column.name!r} holds too many different values for classes, at most {MOST_CLASSES} "
            f"are possible. Choose another target{', or set task to regression' if column.numeric else ''}."
        )
    if task == "binary" and len(classes) > 2:
        shown = shown_names(classes, 6)
        raise DatasetError(
            f"the target column {column.name!r} has {len(classes)} classes ({shown}) and task binary "
            "needs two. Set task to multiclass or auto.",
            shown,
        )
    if complete and len(classes) == 1:
        raise DatasetError(
            f"the target column {column.name!r} holds {classes[0]!r} in every row: with one class only there is "
            "nothing to tell apart. Add rows of another class.",
            repr(classes[0]),
        )
