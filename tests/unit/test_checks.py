"""What is launched and what is rejected, and with which words."""

import contextlib
import csv
import io
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from traindrop.checks import Accepted, check_test_data, check_training_data
from traindrop.dataset import read
from traindrop.errors import MAX_REASON, EvaluationFailed, Rejected

LABELS = ["no", "yes"] * 20


def table(header: str, *columns: list[Any]) -> bytes:
    lines = [header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]
    return "\n".join(lines).encode()


SIZES = [row / 4 for row in range(40)]
GOOD = table("id,size,kind,target", list(range(40)), SIZES, ["red", "blue"] * 20, LABELS)


def check(body: bytes, **changes: Any) -> Accepted:
    options: dict[str, Any] = {"complete": True, "target": None, "task": "auto", "drop": (), "file": "my.csv"}
    return check_training_data(body, **{**options, **changes})


def rejection(body: bytes, **changes: Any) -> str:
    with pytest.raises(Rejected) as caught:
        check(body, **changes)
    return str(caught.value)


def test_a_good_file_is_accepted_with_what_was_learned() -> None:
    accepted = check(GOOD)
    assert (accepted.target, accepted.task, accepted.certain) == ("target", "binary", True)
    assert (accepted.columns, accepted.rows) == (4, 40)
    assert [column.name for column in accepted.schema.columns] == ["size", "kind"]
    assert accepted.notes == ("id is left out: it numbers the rows.",)


@pytest.mark.parametrize("name", ["target", "Label", "CLASS", "y"])
def test_a_column_that_is_called_like_a_target_is_the_target(name: str) -> None:
    assert check(GOOD.replace(b"target", name.encode(), 1)).target == name


@pytest.mark.parametrize(("header", "why"), [("a,b,outcome", "no column is called"), ("y,b,Label", "'y' and 'Label'")])
def test_without_a_clear_target_the_columns_are_listed_with_the_training_yaml_to_drop(header: str, why: str) -> None:
    message = rejection(table(header, LABELS, SIZES, LABELS))
    assert message.startswith("my.csv: ")
    assert why in message
    assert header.replace(",", ", ") in message
    config = yaml.safe_load("\n".join(message.splitlines()[-3:]))
    assert config == {"target": header.split(",")[0 if "y," in header else -1], "task": "auto", "framework": "xgboost"}


@pytest.mark.parametrize("name", ["on", "1st: 'x'", "größe #1", "No", "2024", 'a"b'])
def test_the_suggested_training_yaml_is_read_back_as_the_columns_name(name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    message = rejection(table(f"a,b,{quoted}", SIZES, SIZES, LABELS))
    assert yaml.safe_load("\n".join(message.splitlines()[-3:]))["target"] == name


def test_a_target_that_is_not_there_names_the_closest_that_is() -> None:
    message = rejection(GOOD, target="Targte")
    assert "no column 'Targte'" in message
    assert "Did you mean 'target'?" in message
    assert "id, size, kind, target" in message


REJECTED: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "one class": (table("a,y", SIZES, ["no"] * 40), {}, "'y' holds 'no' in every row: with one class only"),
    "one row of 300 columns": (
        table(",".join(f"c{n}" for n in range(300)), *[["x"]] * 300), {"target": "c0"}, "too few rows: 1 with",
    ),
    "19 labelled rows": (table("a,y", SIZES, LABELS[:19] + [""] * 21), {}, "too few rows: 19 with a value"),
    "no label at all": (table("a,y", SIZES, [""] * 40), {}, "too few rows: 0 with a value"),
    "text for a regression": (GOOD, {"task": "regression"}, "holds 'no', which is no number"),
    "a number and dirt for a regression": (
        table("a,y", SIZES, [*SIZES[:-1], "n.n."]), {"task": "regression"}, "holds 'n.n.', which is no number",
    ),
    "three classes for binary": (
        table("a,y", SIZES, [*LABELS[:-1], "x"]), {"task": "binary"}, "3 classes (no, x, yes)",
    ),
    "a class per row": (
        table("a,y", list(range(5000)), [f"k{n}" for n in range(5000)]), {}, "too many different values for classes",
    ),
    "drop of an unknown column": (GOOD, {"drop": ["Size"]}, "no column 'Size'. Did you mean 'size'?"),
    "drop of the target": (GOOD, {"drop": ["target"]}, "the target 'target' is also in drop"),
    "no feature": (GOOD, {"drop": ["size", "kind"]}, "no column is left to learn from. Beside the target 'target': id"),
    "ragged": (GOOD + b"\n1,2", {}, "line 42 has 2 fields, the header has 4"),
}  # fmt: skip


@pytest.mark.parametrize("what", REJECTED)
def test_what_cannot_be_trained_on_is_rejected_naming_file_and_reason(what: str) -> None:
    body, options, reason = REJECTED[what]
    message = rejection(body, **options)
    assert message.startswith("my.csv: ")
    assert reason in message


@pytest.mark.parametrize("what", ["one class", "19 labelled rows", "no label at all", "no feature"])
def test_what_more_rows_may_mend_is_no_reason_to_reject_a_file_seen_in_part(what: str) -> None:
    body, options, _ = REJECTED[what]
    accepted = check(body + b"\n", complete=False, **options)
    assert (accepted.rows, accepted.notes, accepted.certain) == (None, (), False)


def test_numbers_that_cannot_be_classes_are_certain_from_a_part() -> None:
    accepted = check(table("a,y", SIZES, SIZES[::-1]) + b"\n", complete=False)
    assert (accepted.task, accepted.certain) == ("regression", True)


def test_the_person_is_told_what_was_decided_for_them() -> None:
    body = table("a,b,c,d,y", SIZES, [1] * 40, [""] * 40, [f"k{n}" for n in range(40)], [*[1, 2, 3] * 13, ""])
    assert check(body).notes == (
        "y holds 3 different whole numbers, taken as classes; to estimate it as a number set task: regression.",
        "1 rows without a value of y are not trained on.",
        "b is left out: it is the same in every row.",
        "c is left out: it is empty.",
        "d is left out: its texts hardly ever repeat.",
    )


def wide(columns: int, rows: int = 40) -> bytes:
    """A table of which a number and the target tell something, and all other columns nothing."""
    header = ",".join(["size", "target", *(f"column_{number}" for number in range(columns))])
    same: list[list[Any]] = [[1] * rows] * columns
    return table(header, [n / 4 for n in range(rows)], ["no", "yes"] * (rows // 2), *same)


def test_of_thousands_of_columns_the_first_are_named_and_the_rest_counted() -> None:
    notes = check(wide(5000)).notes
    assert notes[0] == "column_0 is left out: it is the same in every row."
    assert (len(notes), notes[-1]) == (21, "4,980 more columns are left out, for the same reasons.")


@pytest.mark.parametrize(
    "other", [b"size,target\n" + b"1,no\n" * 30, b"".join([b"x" * 100_000, b",target\n", b"1,no\n" * 30])]
)
def test_a_reason_is_of_bounded_length_whatever_the_file_put_into_it(other: bytes) -> None:
    numbers = [[(row * column) % 7 for row in range(40)] for column in range(1, 2001)]
    trained = check(table(",".join([*(f"c{n}" for n in range(2000)), "target"]), *numbers, LABELS))
    with pytest.raises(Rejected, match="the header has no column 'c0', 'c1'") as caught:
        check_test_data(other, complete=True, training=trained, file="t.csv")
    assert len(str(caught.value)) < 3000
    assert len(str(Rejected("x" * 1_000_000))) == MAX_REASON
    assert len(str(EvaluationFailed("x" * 1_000_000))) == MAX_REASON


def test_a_test_file_needs_the_columns_that_were_trained_on_and_no_other() -> None:
    training = check(GOOD)
    assert check_test_data(b"kind,size,target\nred,1,no\n", complete=True, training=training, file="t.csv") == 1
    # Without the target its rows are predicted; a name that is nearly the target's is a slip.
    assert check_test_data(b"kind,size\nred,1\n", complete=True, training=training, file="t.csv") == 1
    for header, row, missing in [("kind,target", "red,no", "'size'"), ("kind,size,Targets", "red,1,no", "'target'")]:
        with pytest.raises(Rejected, match=rf"t\.csv: line 1: the header has no column {missing}, which the training"):
            check_test_data(f"{header}\n{row}\n".encode(), complete=True, training=training, file="t.csv")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"kind,size,target\n", "a header and no rows"),
        (b"kind,size,target\nred,1,\n", "'target' is empty in every row"),
        (b"kind,size,target\nred,1\n", "line 2 has 2 fields"),
        (b"", "the file is empty"),
    ],
)
def test_a_test_file_that_nothing_can_be_compared_with_is_rejected(body: bytes, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        check_test_data(body, complete=True, training=check(GOOD), file="t.csv")


CELLS = st.one_of(
    st.sampled_from(
        ["", "NA", "None", "nan", "1", "1.0", "1e400", "1_0", "1,5", "2024-01-31", "31/12/2024", "inf", "-"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)


def whole(rows: list[tuple[str, str]]) -> bytes:
    table = io.StringIO(newline="")
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows([("a", "y"), *rows])
    return table.getvalue().encode()


FILES = st.lists(st.tuples(CELLS, CELLS), min_size=20, max_size=40).map(whole)


@settings(max_examples=300)
@given(st.one_of(FILES, st.binary(max_size=200)), st.sampled_from(["auto", "binary", "multiclass", "regression"]))
def test_whatever_the_bytes_the_check_answers_and_what_it_accepts_can_be_read(body: bytes, task: str) -> None:
    with contextlib.suppress(Rejected):
        accepted = check(body, task=task)
        batches = list(read(io.BytesIO(body), accepted.schema))
        assert sum(batch.rows for batch in batches) == accepted.rows
        labels = [label for batch in batches for label in batch.labels or ()]
        assert sum(label == label for label in labels) >= 20
