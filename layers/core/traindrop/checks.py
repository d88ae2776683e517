"""The check before money is spent: an upload is accepted with what was learned, or rejected with one message."""

import difflib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from traindrop.column import Column
from traindrop.dataset import DatasetError, Findings, Schema, examine, fit_schema
from traindrop.errors import Rejected
from traindrop.findings import shown_names

TARGET_NAMES = frozenset({"target", "label", "class", "y"})


@dataclass(frozen=True)
class Accepted:
    """A training file that may be launched.

    `task` is binary, multiclass or regression, and an estimate if `certain` is false: the file was seen in part, and
    a further class may follow. `rows` is None and `notes`, what was decided for the person, are empty where the file
    was seen in part: what is true of its beginning need not be true of all. `sampled_rows` are those that were seen, in
    `sampled_bytes`.
    """

    target: str
    task: str
    certain: bool
    columns: int
    rows: int | None
    schema: Schema
    drop: tuple[str, ...]
    notes: tuple[str, ...]
    sampled_rows: int
    sampled_bytes: int

    def rows_of(self, size: int) -> int:
        """How many rows a file of so many bytes has; where it was seen in part, if the rest is like its beginning."""
        return self.rows if self.rows is not None else round(size * self.sampled_rows / self.sampled_bytes)


def check_training_data(
    sample: bytes, *, complete: bool, target: str | None, task: str, drop: Sequence[str], file: str
) -> Accepted:
    """Checks a training file by its beginning; `complete` says that `sample` is all of it, `file` is its name.

    Raises Rejected: what is wrong where, what was expected and how to mend it.
    """
    with _named(file):
        findings = examine(sample, complete=complete)
        target = target if target is not None else _only_target(findings)
        schema = fit_schema(findings, target, task, drop)
    return Accepted(
        target=target,
        task=schema.task,
        certain=complete or task in ("binary", "regression") or schema.task == "regression",
        columns=len(findings.columns),
        rows=findings.rows if complete else None,
        schema=schema,
        drop=tuple(drop),
        notes=tuple(_notes(findings, schema, task, drop)) if complete else (),
        sampled_rows=findings.rows,
        sampled_bytes=len(sample),
    )


def check_test_data(sample: bytes, *, complete: bool, training: Accepted, file: str) -> int | None:
    """Checks that a test file can be predicted by the model to come; its rows, None where it was seen in part.

    Without the target its rows will be predicted and not scored. Raises Rejected where a column of the training file
    is missing, the target may be under another name, or there is no row to score.
    """
    with _named(file):
        findings = examine(sample, complete=complete)
        needed = list(dict.fromkeys(column.name for column in training.schema.columns))
        if _may_be_misspelled(training.target, needed, findings.names):
            needed = [training.target, *needed]
        if missing := [name for name in needed if name not in findings.names]:
            raise DatasetError(
                f"line 1: the header has no column {shown_names([repr(name) for name in missing])}, which the training "
                f"file has. Its columns are: {shown_names(findings.names)}. A test file needs the columns of the "
                "training file, the target too: it is what predictions are compared with."
            )
        if training.target not in findings.names:
            return findings.rows if complete else None
        target = findings.column(training.target)
        if complete and target.missing == target.rows and not target.nones:
            raise DatasetError(f"the target column {target.name!r} is empty in every row: nothing can be compared.")
    return findings.rows if complete else None


def _may_be_misspelled(target: str, features: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a column of the test file that is none of the features has nearly the target's name."""
    others = [name.lower() for name in names if name not in features]
    return bool(difflib.get_close_matches(target.lower(), others, n=1, cutoff=0.75))


def called_like_a_target(findings: Findings) -> list[str]:
    """The columns of such a name; where it is one, it needs not be set."""
    return [name for name in findings.names if name.lower() in TARGET_NAMES]


def _only_target(findings: Findings) -> str:
    """The one column that is called like a target."""
    found = called_like_a_target(findings)
    if len(found) == 1:
        return found[0]
    why = f"{' and '.join(map(repr, found))} could all be" if found else "no column is called target, label, class or y"
    raise DatasetError(
        f"which column is to be predicted? No target is set, and {why}. The columns are: "
        f"{shown_names(findings.names)}. Drop a training.yaml with these three lines, naming yours:\n"
        f"target: {_yaml(found[0] if found else findings.names[-1])}\n"
        "task: auto\n"
        "framework: xgboost"
    )


def _yaml(name: str) -> str:
    """A YAML scalar that is read back as this text."""
    plain = name.isascii() and name.replace("_", "").isalpha() and name.lower() not in _YAML_WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)


_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def _notes(findings: Findings, schema: Schema, task: str, drop: Sequence[str]) -> Iterator[str]:
    column = findings.column(schema.target)
    if task == "auto" and column.numeric and schema.task == "multiclass":
        yield (
            f"{schema.target} holds {len(schema.classes)} different whole numbers, taken as classes; to estimate it as "
            "a number set task: regression."
        )
    if column.missing and (unlabelled := column.missing - (0 if column.numeric else sum(column.nones.values()))):
        yield f"{unlabelled} rows without a value of {schema.target} are not trained on."
    used = {feature.name for feature in schema.columns} | {schema.target, *drop}
    left_out = [column for column in findings.columns if column.name not in used]
    for column in left_out[:_MOST_TOLD]:
        yield f"{shown_names([column.name])} is left out: {_reason(column)}."
    if len(left_out) > _MOST_TOLD:
        yield f"{len(left_out) - _MOST_TOLD:,} more columns are left out, for the same reasons."


# Of columns that are left out; notes are stored with the run, and a file may have 100,000 columns.
_MOST_TOLD = 20


def _reason(column: Column) -> str:
    if column.kind == "empty":
        return "it is empty"
    if column.row_number:
        return "it numbers the rows"
    return "it is the same in every row" if column.distinct == 1 else "its texts hardly ever repeat"


@contextmanager
def _named(file: str) -> Iterator[None]:
    try:
        yield
    except DatasetError as error:
        raise Rejected(f"{file}: {error}") from error
