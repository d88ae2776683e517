"""How a file becomes numbers, the same for training and for scoring."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

import traindrop
from traindrop.cells import MISSING
from traindrop.dataset import BUNDLE, DatasetError, Feature, Schema, examine, fit_schema, read


def csv_of(columns: dict[str, list[str]]) -> bytes:
    table = io.StringIO(newline="")
    csv.writer(table).writerows([list(columns), *zip(*columns.values(), strict=True)])
    return table.getvalue().encode()


def schema_of(columns: dict[str, list[str]], target: str = "y", task: str = "auto") -> Schema:
    return fit_schema(io.BytesIO(csv_of(columns)), target, task)


def matrix(body: bytes, schema: Schema) -> npt.NDArray[np.float32]:
    batches = [np.frombuffer(b.features, np.float32).reshape(b.rows, -1) for b in read(io.BytesIO(body), schema)]
    return np.concatenate(batches)


LABELS = ["no", "yes"] * 20
NUMBERS = [f"{row / 4}" for row in range(40)]


def test_each_kind_of_column_gives_its_features() -> None:
    dates = [f"2024-01-{row % 28 + 1:02}" for row in range(40)]
    times = [f"{day} {row % 24}:30" for row, day in enumerate(dates)]
    columns = {"n": NUMBERS, "c": ["red", "blue"] * 20, "d": dates, "t": times}
    schema = schema_of({**columns, "y": LABELS})
    assert [(column.name, column.kind) for column in schema.columns] == [
        ("n", "number"),
        ("c", "category"),
        *[("d", part) for part in ("date", "month", "weekday")],
        *[("t", part) for part in ("date", "month", "weekday", "hour")],
    ]
    assert schema.feature_types == ["q", "c", *"qqqqqqq"]
    # 1 January 2024, a Monday, is day 19723; float32 keeps it to some minutes.
    expected = [0, 1, 19723, 1, 0, 19723 + 1 / 48, 1, 0, 0]
    assert matrix(csv_of(columns), schema)[0].tolist() == pytest.approx(expected, abs=0.002)


def test_rare_categories_are_one_other_and_unseen_ones_are_among_them() -> None:
    schema = schema_of({"a": ["red"] * 20 + ["blue"] * 17 + ["x", "z", ""], "b": NUMBERS, "y": LABELS})
    assert schema.columns[0] == Feature("a", "category", ("blue", "red"), other=True)
    codes = matrix(csv_of({"a": ["red", "blue", "x", "never seen", "", " red "], "b": ["1"] * 6}), schema)[:, 0]
    assert codes.tolist() == pytest.approx([1, 0, 2, 2, np.nan, 1], nan_ok=True)


def test_a_category_unseen_in_a_training_without_rare_ones_is_missing() -> None:
    schema = schema_of({"a": ["red", "blue"] * 20, "b": NUMBERS, "y": LABELS})
    assert np.isnan(matrix(csv_of({"a": ["green"], "b": ["1"]}), schema)[0, 0])


USELESS = {
    "constant": ["7"] * 40,
    "empty": ["", "NA"] * 20,
    "row numbers": [str(row) for row in range(100, 140)],
    "texts that never repeat": [f"k{row}" for row in range(40)],
}


@pytest.mark.parametrize("what", USELESS)
def test_a_column_that_tells_nothing_gives_no_feature(what: str) -> None:
    schema = schema_of({"a": USELESS[what], "b": NUMBERS, "y": LABELS})
    assert [column.name for column in schema.columns] == ["b"]


def test_texts_that_never_repeat_are_read_by_their_frequent_words() -> None:
    names = [f"{'Mrs.' if row % 3 else 'MR'} kmr{row} Family" for row in range(40)]
    schema = schema_of({"a": names, "b": NUMBERS, "y": LABELS})
    assert [column.label for column in schema.columns] == ["a (mr)", "a (mrs)", "b"]
    found = matrix(csv_of({"a": ["Dr Mr X", "Mrs", "mrx", ""], "b": ["1"] * 4}), schema)[:, :2]
    assert found.tolist() == pytest.approx(np.array([[1, 0], [0, 1], [0, 0], [np.nan] * 2]), nan_ok=True)


def test_a_text_that_is_mostly_missing_tells_by_being_there() -> None:
    schema = schema_of({"a": [""] * 20 + [f"C{row}" for row in range(20)], "b": NUMBERS, "y": LABELS})
    assert schema.columns[0] == Feature("a", "category", (), other=True)


def test_columns_are_matched_by_name_in_any_order_and_others_are_ignored() -> None:
    schema = schema_of({"a": NUMBERS, "b": ["u", "v"] * 20, "y": LABELS})
    shuffled = {"y": ["yes"], "more": ["?"], "b": ["v"], "a": ["2.5"]}
    (batch,) = read(io.BytesIO(csv_of(shuffled)), schema)
    assert (batch.rows, list(batch.features), list(batch.labels or ())) == (1, [2.5, 1.0], [1.0])


def test_a_file_without_the_target_is_read_without_one() -> None:
    schema = schema_of({"a": NUMBERS, "y": LABELS})
    (batch,) = read(io.BytesIO(csv_of({"a": ["1"], "b": ["2"]})), schema)
    assert batch.labels is None


def test_a_missing_feature_column_is_named() -> None:
    schema = schema_of({"a": NUMBERS, "b": NUMBERS, "y": LABELS})
    with pytest.raises(DatasetError, match=r"the header has no column 'b'.*Its columns are: a, c"):
        list(read(io.BytesIO(b"a,c\n1,2\n"), schema))


def test_batches_hold_as_many_rows_as_asked_for_and_lose_none() -> None:
    schema = schema_of({"a": NUMBERS, "y": LABELS})
    body = csv_of({"a": NUMBERS, "y": LABELS})
    batches = list(read(io.BytesIO(body), schema, batch_rows=16))
    assert [batch.rows for batch in batches] == [16, 16, 8]
    assert [value for batch in batches for value in batch.features] == [float(text) for text in NUMBERS]


TASKS = {
    "two numbers": (["0", "1"], "binary", ("0", "1")),
    "two texts": (["yes", "no"], "binary", ("no", "yes")),
    "numbers spelled twice": (["0", "1", "1.0"], "binary", ("0", "1")),
    "three texts": (["b", "a", "c"], "multiclass", ("a", "b", "c")),
    "whole numbers, sorted by value": (["10", "9", "-1"], "multiclass", ("-1", "9", "10")),
    "None is a class among texts": (["None", "Apnea"], "binary", ("Apnea", "None")),
    "None is missing among numbers": (["0", "1", "None"], "binary", ("0", "1")),
    "fractions": (["0.5", "1.5", "2.5"], "regression", ()),
    "many whole numbers": ([str(n) for n in range(0, 63, 3)], "regression", ()),
}


@pytest.mark.parametrize("what", TASKS)
def test_the_task_follows_from_the_values_of_the_target(what: str) -> None:
    values, task, classes = TASKS[what]
    schema = schema_of({"a": [f"{row / 8}" for row in range(len(values) * 30)], "y": values * 30})
    assert (schema.task, schema.classes) == (task, classes)


def test_the_task_that_is_asked_for_goes_before_the_values() -> None:
    assert schema_of({"a": NUMBERS, "y": ["0", "1"] * 20}, task="regression").classes == ()
    assert schema_of({"a": NUMBERS, "y": NUMBERS}, task="multiclass").classes == tuple(NUMBERS)
    assert schema_of({"a": NUMBERS, "y": LABELS}, task="multiclass").task == "binary"


def test_labels_are_numbered_as_in_training_and_compared_by_value_where_they_are_numbers() -> None:
    numeric = Schema("y", "binary", ("0", "1"), ())
    assert list(numeric.encode_target(["1", "0.0", "1.0", "", "2"])) == pytest.approx(
        [1, 0, 1, np.nan, np.nan], nan_ok=True
    )
    texts = Schema("y", "multiclass", ("1", "None", "a"), ())
    assert list(texts.encode_target(["None", "1.0", "a"])) == pytest.approx([1, np.nan, 2], nan_ok=True)
    value = Schema("y", "regression", (), ())
    assert list(value.encode_target(["1.5", "NA", "-2"])) == pytest.approx([1.5, np.nan, -2], nan_ok=True)


def test_decimal_commas_are_read_alike_in_features_and_target() -> None:
    body = "a;y\n" + "".join(f"{row},25;{row},5\n" for row in range(40))
    schema = fit_schema(io.BytesIO(body.encode()), "y")
    (batch,) = read(io.BytesIO(body.encode()), schema)
    assert list(batch.features[:2]) == [0.25, 1.25]
    assert list(batch.labels or ())[:2] == [0.5, 1.5]


def test_a_file_seen_in_part_is_refused_only_for_what_no_further_row_can_change() -> None:
    body = csv_of({"a": ["1"] * 5, "y": ["no"] * 5})
    assert fit_schema(examine(body, complete=False), "y").target == "y"
    with pytest.raises(DatasetError, match="too few rows"):
        fit_schema(examine(body, complete=True), "y")


NAMES = st.text(min_size=1, max_size=5)
FEATURES = st.builds(
    Feature, NAMES, st.sampled_from(["number", "date", "category", "word"]),
    st.lists(NAMES, max_size=3).map(tuple), st.booleans(), st.sampled_from(["", "ymd"]), st.text(max_size=3),
)  # fmt: skip
SCHEMAS = st.builds(
    Schema, NAMES, st.sampled_from(["binary", "regression"]),
    st.lists(NAMES, max_size=3).map(tuple), st.lists(FEATURES, max_size=3).map(tuple), st.booleans(),
)  # fmt: skip


@given(SCHEMAS)
def test_a_schema_survives_the_way_through_json(schema: Schema) -> None:
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


@pytest.mark.parametrize("document", [{}, {"schema": 2}, {"schema": 1}, {"schema": 1, "columns": [{"nome": "a"}]}])
def test_a_dataset_json_of_another_kind_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(DatasetError, match=r"dataset\.json"):
        Schema.from_json(document)


CELL = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False).filter(lambda value: abs(value) < 1e38).map(repr),
    st.sampled_from(sorted(MISSING)),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20), st.sampled_from([1, 3, 65536]))
def test_any_cells_are_read_as_the_csv_module_and_float_read_them(rows: list[tuple[str, str]], batch_rows: int) -> None:
    table = io.StringIO(newline="")
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows([("the a", "the y"), *rows])
    schema = Schema("the y", "regression", (), (Feature("the a", "number"),))
    batches = list(read(io.BytesIO(table.getvalue().encode()), schema, batch_rows=batch_rows))

    def value(text: str) -> float:
        try:
            return float(np.clip(float(text), -1e38, 1e38))
        except ValueError:
            return np.nan

    expected = np.array([value(a) for a, _ in rows], dtype=np.float32)
    found = np.array([value for batch in batches for value in batch.features], dtype=np.float32)
    np.testing.assert_array_equal(found, expected)
    labels = np.array([label for batch in batches for label in batch.labels or ()])
    np.testing.assert_array_equal(labels, np.array([value(y) for _, y in rows]))
    unlabelled = [text for batch in batches for text in batch.unlabelled()]
    assert unlabelled == [("" if y.strip() in MISSING else y.strip()) for _, y in rows if np.isnan(value(y))]


def test_the_bundled_modules_are_all_that_the_reader_needs(tmp_path: Path) -> None:
    """As in SageMaker: the bundle beside the script, the standard library, and nothing else of ours."""
    (tmp_path / "traindrop").mkdir()
    for name in BUNDLE:
        source = Path(traindrop.__file__).parent / name
        (tmp_path / "traindrop" / name).write_bytes(source.read_bytes())
    (tmp_path / "train.py").write_text("import traindrop.dataset as d; print(d.__file__)", "utf-8")
    command = [sys.executable, "-S", "-E", str(tmp_path / "train.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter and script
    assert str(tmp_path) in done.stdout
