"""A prepared file, read by XGBoost's own reader, is what the schema says of the dropped one: row by row, bit by bit."""

import csv
import io
import json
import math
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xgboost
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from traindrop import preparation
from traindrop.category_order import ordered
from traindrop.dataset import Batch, DatasetError, Feature, Schema
from traindrop.errors import Rejected
from traindrop.preparation import Preparation, Prepared, check_size, prepare_csv
from traindrop.streamed_split import StreamedSplit

pytestmark = pytest.mark.filterwarnings("ignore:.*Text file input has been deprecated")

Array = npt.NDArray[Any]


def prepared(content: str, folder: Path, **options: Any) -> Prepared:
    source = folder / "dropped.csv"
    source.write_text(content, encoding="utf-8")
    settings = {"target": "y", "task": "auto", "drop": (), "validation_fraction": 0.25, "seed": 1, **options}
    return prepare_csv(source, folder, file="dropped.csv", **settings)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue()


def by_xgboost(path: Path, width: int) -> Array:
    """Label and features, NaN where missing, as the image's reader has them."""
    matrix = xgboost.DMatrix(f"{path}?format=csv&label_column=0&delimiter=,", nthread=1)
    assert matrix.num_col() == width
    data = matrix.get_data()
    rows = np.full((matrix.num_row(), width + 1), np.nan, dtype=np.float32)
    rows[:, 0] = matrix.get_label()
    for row, (start, end) in enumerate(zip(data.indptr, data.indptr[1:], strict=False)):
        rows[row, data.indices[start:end] + 1] = data.data[start:end]
    return rows


def by_schema(content: str, schema: Schema) -> Array:
    """The same of the dropped file, without the rows that have no label."""
    batches = list(Preparation(schema).read(io.BytesIO(content.encode())))
    features = [np.frombuffer(batch.features, np.float32).reshape(batch.rows, -1) for batch in batches]
    labels = [batch.labels for batch in batches if batch.labels]
    rows = np.column_stack([np.concatenate(labels), np.concatenate(features)]).astype(np.float32)
    return rows[~np.isnan(rows[:, 0])]


def sorted_rows(rows: Array) -> list[list[float]]:
    return sorted([[-math.inf if math.isnan(value) else value for value in row] for row in rows.tolist()])


NUMBERS = ["", "nan", "1", "-3", "0.5", "1.18", "1e300", "inf", "7.123456789"]
CELLS = {
    "number": st.sampled_from(NUMBERS) | st.floats().map(str),
    "category": st.sampled_from(["red", "green", "blue", "rare 1", "rare 2", "", "NA"]),
    "date": st.dates().map(str) | st.just(""),
}
TARGETS = {
    "binary": st.sampled_from(["no", "yes", "yes", ""]),
    "multiclass": st.sampled_from(["0", "1", "2", "2.0", "", "nan"]),
    "regression": st.floats(-1e6, 1e6).map(str) | st.just(""),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str]:
    """A task and a CSV for it, the target anywhere among one to three columns."""
    task = draw(st.sampled_from(sorted(TARGETS)))
    columns = [CELLS[kind] for kind in draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3))]
    at = draw(st.integers(0, len(columns)))
    columns.insert(at, TARGETS[task])
    names = [f"c{number}" for number in range(len(columns))]
    names[at] = "y"
    rows = draw(st.lists(st.tuples(*columns), min_size=40, max_size=60))
    return task, table(names, rows)


@given(tables(), st.sampled_from([0.01, 0.2, 0.5]), st.integers(0, 3))
@settings(deadline=None, max_examples=25)
def test_every_labelled_row_is_in_one_of_the_two_files_with_the_numbers_of_the_schema(
    drawn: tuple[str, str], fraction: float, seed: int
) -> None:
    task, content = drawn
    with tempfile.TemporaryDirectory() as name:
        try:
            found = prepared(content, Path(name), task=task, validation_fraction=fraction, seed=seed)
        except Rejected:
            reject()  # one class only, or nothing to learn from: the check's business
        schema = found.preparation.schema
        parts = [by_xgboost(path, len(schema.columns)) for path in (found.train, found.validation) if path]
    assert [len(part) for part in parts] == [rows for rows in (found.train_rows, found.validation_rows) if rows]
    assert sorted_rows(np.concatenate(parts)) == sorted_rows(by_schema(content, schema))


def some_rows(count: int) -> list[list[object]]:
    """A number, a category that says something of the label, and the label."""
    random = np.random.default_rng(0)
    colours = random.choice(["amber", "blue", "cyan"], size=count).tolist()
    labels = [
        "yes" if random.random() < {"amber": 0.5, "blue": 0.9, "cyan": 0.1}[colour] else "no" for colour in colours
    ]
    return [[index % 7, colour, label] for index, (colour, label) in enumerate(zip(colours, labels, strict=True))]


HEADER = ["n", "colour", "y"]


def test_there_is_no_header_the_label_is_first_and_all_are_numbers(tmp_path: Path) -> None:
    found = prepared(table(["id", *HEADER], [[900 + i, *row] for i, row in enumerate(some_rows(200))]), tmp_path)
    lines = found.train.read_text("ascii").splitlines()
    assert {line.split(",")[0] for line in lines} == {"0", "1"}
    assert all(float(cell) == float(cell) for line in lines for cell in line.split(","))
    assert [column.name for column in found.preparation.schema.columns] == ["n", "colour"], "no row number"


def test_of_each_class_the_same_share_is_held_out_at_random(tmp_path: Path) -> None:
    rows = [[index, "x" if index % 3 else "z", "rare" if index % 10 == 0 else "often"] for index in range(400)]
    held_out = []
    for seed in (1, 2):
        found = prepared(table(HEADER, rows), tmp_path, seed=seed)
        assert found.validation
        held_out.append(found.validation.read_text("ascii"))
        assert Counter(line[0] for line in held_out[-1].splitlines()) == {"0": 90, "1": 10}
        assert (found.train_rows, found.validation_rows) == (300, 100)
    assert held_out[0] != held_out[1]


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    found = [prepared(table(HEADER, some_rows(100)), tmp_path) for _ in range(2)]
    assert found[0] == found[1]
    again = tmp_path / "again"
    again.mkdir()
    assert prepared(table(HEADER, some_rows(100)), again).train.read_bytes() == found[0].train.read_bytes()


def test_a_share_too_small_for_one_row_leaves_no_validation_file(tmp_path: Path) -> None:
    found = prepared(table(HEADER, some_rows(30)), tmp_path, validation_fraction=0.01)
    assert (found.validation, found.validation_rows, found.train_rows) == (None, 0, 30)
    assert not (tmp_path / "validation.csv").exists()


def test_a_categorys_values_stand_in_the_order_of_the_targets_mean(tmp_path: Path) -> None:
    found = prepared(table(HEADER, some_rows(400)), tmp_path)
    assert found.preparation.schema.columns[1].categories == ("cyan", "amber", "blue")


def test_of_more_than_two_classes_the_share_of_the_most_frequent_orders_a_category(tmp_path: Path) -> None:
    rows = [[i % 5, "ab"[i % 2], "cde"[i % 3] if i % 2 else "d"] for i in range(300)]
    found = prepared(table(HEADER, rows), tmp_path)
    assert found.preparation.schema.columns[1].categories == ("b", "a"), "a is always d, the most frequent"


class EveryOther(StreamedSplit):
    """Holds out the rows with an odd number."""

    def held_out(self, labels: Iterable[float]) -> Iterator[bool | None]:
        return (index % 2 == 1 for index, _ in enumerate(labels))


def test_the_order_is_learnt_on_the_rows_that_are_trained_on() -> None:
    schema = Schema("y", "binary", ("no", "yes"), (Feature("colour", "category", ("a", "b", "c")),))
    codes, labels = [0, 0, 1, 1, 2, 2] * 20, ["yes", "no", "no", "yes"] * 30
    features = array("f", codes)
    split = EveryOther({0.0: 60, 1.0: 60}, 0.5, 1)
    swapped = [("no" if label == "yes" else "yes") if row % 2 else label for row, label in enumerate(labels)]
    found = [
        ordered(schema, [Batch(len(codes), features, schema.encode_target(texts))], split).columns[0].categories
        for texts in (labels, swapped, ["yes" if code == 0 else "no" for code in codes])
    ]
    assert found[0] == found[1]
    assert found[2] == ("b", "c", "a")


def test_values_that_training_does_not_know_come_after_the_others(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        [i % 9, "ab"[i % 2] if i % 30 else f"rare {i}", "no" if i % 2 else "yes"] for i in range(200)
    ]
    found = prepared(table(HEADER, rows), tmp_path)
    (batch,) = found.preparation.read(io.BytesIO(b"n,colour,y\n1,never seen,no\n1,b,no\n1,a,no\n1,,no\n"))
    assert str(batch.features[1::2].tolist()) == "[2.0, 0.0, 1.0, nan]"


def test_it_travels_as_json(tmp_path: Path) -> None:
    found = prepared(table(HEADER, some_rows(100)), tmp_path).preparation
    assert Preparation.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "version None; this reader knows 1"),
        ({"preparation": 2}, "version 2"),
        ({"preparation": 1}, "not as the launcher writes it: KeyError"),
        ({"preparation": 1, "schema": {"schema": 1}, "headerless": False}, "not as a training script writes it"),
    ],
)
def test_a_document_of_another_kind_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        Preparation.from_json(document)


def test_what_the_first_megabyte_did_not_show_is_rejected_with_its_line(tmp_path: Path) -> None:
    content = table(HEADER, some_rows(100)) + "1,2\n"
    with pytest.raises(Rejected, match=r"^dropped\.csv: line 102 has 2 fields, the header has 3"):
        prepared(content, tmp_path)


def test_a_file_that_is_too_large_is_rejected_with_the_way_out() -> None:
    check_size(preparation.MAX_BYTES, file="big.csv")
    with pytest.raises(Rejected, match=r"big\.csv has 51 MB, and up to 50 MB.*Set framework: xgboost"):
        check_size(51 * 1024**2, file="big.csv")


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("MAX_BYTES", 100, "up to 0 MB can be prepared"),
        ("MAX_SECONDS", -1.0, "takes too long here. Set framework: xgboost"),
        ("MAX_WRITTEN_BYTES", 100, "too many columns for framework builtin-xgboost. Set framework: xgboost"),
    ],
)
def test_what_the_launcher_has_no_room_or_time_for_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: float, message: str
) -> None:
    monkeypatch.setattr(preparation, limit, value)
    with pytest.raises(Rejected, match=message):
        prepared(table(HEADER, some_rows(100)), tmp_path)
