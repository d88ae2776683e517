"""A file that is handed on as it is must be what XGBoost takes it for: everything that it would misread is refused."""

import io
import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from traindrop.csv_rows import DatasetError
from traindrop.dataset import Schema
from traindrop.errors import Rejected
from traindrop.headerless import HeaderlessFile, check_prepared, check_prepared_test, read
from traindrop.preparation import Preparation


def file_of(*labels: object, rows: int = 30, features: str = "1.18,,-2e3") -> bytes:
    return "".join(f"{labels[row % len(labels)]},{features}\n" for row in range(rows)).encode()


def check(sample: bytes, *, complete: bool = True, task: str = "auto", num_class: int | None = None) -> HeaderlessFile:
    return check_prepared(sample, complete=complete, task=task, file="train.csv", num_class=num_class)


@pytest.mark.parametrize(
    ("labels", "task", "expected", "classes"),
    [
        ((0, 1), "auto", "binary", 2),
        (("0.0", 1), "binary", "binary", 2),
        ((0, 1), "multiclass", "binary", 2),
        ((0, 1, 2), "auto", "multiclass", 3),
        ((1.5, 0, 1), "auto", "regression", 0),
        ((0, 1), "regression", "regression", 0),
        (tuple(range(25)), "auto", "regression", 0),
    ],
)
def test_the_task_is_that_of_the_labels(labels: tuple[object, ...], task: str, expected: str, classes: int) -> None:
    found = check(file_of(*labels), task=task)
    assert (found.schema.task, len(found.schema.classes), found.certain) == (expected, classes, True)
    assert (found.rows, found.columns) == (30, 4)
    assert [column.name for column in found.schema.columns] == ["f0", "f1", "f2"]


def test_of_a_beginning_the_last_line_is_ignored_and_the_labels_are_no_certainty() -> None:
    found = check(file_of(0, rows=5) + b"1,2", complete=False)
    assert (found.schema.task, found.rows, found.certain) == ("binary", None, False)
    assert check(file_of(0, 1, 2) + b"1,2", complete=False, num_class=5).schema.classes == tuple("01234")
    assert check(file_of(0.5, rows=5), complete=False).certain


def test_byte_order_mark_line_ends_and_empty_lines_are_as_xgboost_takes_them() -> None:
    assert check(b"\xef\xbb\xbf" + file_of(0, 1).replace(b"\n", b"\r\n") + b"\r\n\r\n").rows == 30


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (b"label,a,b\n" + file_of(0, 1), r"line 1, column 1 holds 'label', which is no number.*line 1 is a header"),
        (b"1,a,b,c\n" + file_of(0, 1), "line 1, column 2 holds 'a'"),
        (file_of(0, 1) + b"1,2,3\n", "line 31 has 3 cells where 4 are expected"),
        (file_of(0, 1) + b"1,2,x,4\n", "line 31, column 3 holds 'x', which is no number"),
        (file_of(0, 1) + b'1,2,"3",4\n', "line 31, column 3"),
        (file_of(0, 1) + b"1,2,3, \n", "line 31, column 4 holds ' '"),
        (file_of(0, 1) + b"1,2,3,inf\n", "line 31, column 4 holds 'inf'"),
        (file_of(0, 1) + b"1,2,3,-\n", "line 31, column 4 holds '-'"),
        (file_of(0, 1) + b"1,2,3,1_0\n", "line 31, column 4 holds '1_0'"),
        (file_of(0, 1) + b"1,2,3,123456789012345678901\n", "line 31, column 4"),
        (file_of(0, 1) + b",2,3,4\n", "line 31 has no label in its first column"),
        (file_of(0, 1) + b"nan,2,3,4\n", "line 31 has no label"),
        (file_of(0, 1).replace(b",", b";"), "line 1: only one column was found"),
        (b"", "the file is empty"),
        (b"PAR1\x00\x01,\x02", "line 1, column 1"),
        (file_of(0, 1, rows=19), "too few rows: 19. Training needs at least 20"),
        (file_of(0, 1, features="1,2,"), "column 4 is empty in every row"),
        (file_of(1, 2, 3), r"the labels in the first column are 1, 2, 3, and multiclass with 4 classes needs 0 to 3"),
        (file_of(0, 2), "multiclass with 3 classes needs 0 to 2, each of them"),
        (file_of(0, 4e9), "multiclass with 4000000001 classes needs 0 to 4000000000, each of them, at most 1000"),
        (file_of(-1, 1), "labels in the first column are -1, 1"),
        (file_of(1), "labels in the first column are 1, and multiclass with 2 classes needs 0 to 1"),
    ],
)
def test_what_xgboost_would_misread_without_a_word_is_refused_with_its_line(sample: bytes, message: str) -> None:
    with pytest.raises(Rejected, match=f"^train.csv: .*{message}"):
        check(sample)


@pytest.mark.parametrize(
    ("task", "num_class", "message"),
    [
        ("binary", None, "labels in the first column are 0, 1, 2, and binary with 2 classes"),
        ("multiclass", 2, "multiclass with 2 classes needs 0 to 1"),
    ],
)
def test_labels_have_to_go_with_what_was_asked_for(task: str, num_class: int | None, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        check(file_of(0, 1, 2), task=task, num_class=num_class)


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(Rejected, match="line 1 does not end within 1,000 bytes"):
        check(b"1," * 500, complete=False)


def test_the_lessons_raw_file_cannot_become_a_training_file(titanic: Path) -> None:
    with pytest.raises(Rejected, match="line 1 is a header, take out prepared: true"):
        check((titanic / "titanic_train.csv").read_bytes())


def test_a_test_file_has_the_columns_of_the_training_file() -> None:
    training = check(file_of(0, 1))
    assert check_prepared_test(file_of(0, "", rows=3), complete=True, training=training, file="test.csv") == 3
    assert check_prepared_test(file_of(0), complete=False, training=training, file="test.csv") is None
    with pytest.raises(Rejected, match=r"^test\.csv: it has 3 columns and the training file 4"):
        check_prepared_test(b"1,2,3\n", complete=True, training=training, file="test.csv")
    with pytest.raises(Rejected, match=r"^test\.csv: line 1, column 1 holds 'y'"):
        check_prepared_test(b"y,a,b,c\n", complete=True, training=training, file="test.csv")


CELLS = st.sampled_from(["", "nan", "0", "1.18", "-3e2", " 7 ", "+.5", "6."]) | st.decimals(-999, 999, places=4).map(
    str
)


@given(st.lists(st.tuples(st.integers(0, 1), CELLS, CELLS), min_size=30, max_size=60))
@settings(deadline=None, max_examples=25)
@pytest.mark.filterwarnings("ignore:.*Text file input has been deprecated")
def test_what_passes_is_read_here_as_xgboost_reads_it(rows: list[tuple[int, str, str]]) -> None:
    content = "".join(f"{label},{first},{second},9\n" for label, first, second in rows)
    schema = Schema("first column", "binary", ("0", "1"), check(("0,,,9\n1,,,9\n" + content).encode()).schema.columns)
    batches = list(Preparation(schema, headerless=True).read(io.BytesIO(content.encode()), batch_rows=7))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.csv"
        file.write_text(content, encoding="ascii")
        matrix = xgboost.DMatrix(f"{file}?format=csv&label_column=0&delimiter=,", nthread=1)
    labels = [batch.labels for batch in batches if batch.labels]
    assert np.concatenate(labels).tolist() == matrix.get_label().tolist()
    found = np.concatenate([np.frombuffer(batch.features, np.float32).reshape(-1, 3) for batch in batches])
    data = matrix.get_data()
    assert found[~np.isnan(found)].tolist() == data.data.tolist()
    assert np.nonzero(~np.isnan(found))[1].tolist() == data.indices.tolist()
    assert (~np.isnan(found)).sum(axis=1).tolist() == np.diff(data.indptr).tolist()


def test_reading_stops_at_a_line_that_is_no_row_of_numbers(tmp_path: Path) -> None:
    file = tmp_path / "test.csv"
    file.write_bytes(file_of(0, 1, rows=3) + b"1,2,3\n")
    schema = check(file_of(0, 1)).schema
    with pytest.raises(DatasetError, match="line 4 has 3 cells where 4 are expected"):
        list(read(file, schema))
    file.write_bytes(b",2,nan,\n")
    (batch,) = read(file, schema)
    assert batch.unlabelled() == [""]
    assert [math.isnan(value) for value in batch.features] == [False, True, True]
