"""The files that benchmarks are run on: the same rows for the same seed, and the shape that they are said to have."""

import csv
from pathlib import Path

import numpy as np
import pytest
from benchmarks.byte_rows import Decimals, Table, digits, joined, lines
from benchmarks.made_csv import Shape, write_csv
from benchmarks.made_data import MIXED, NUMERIC, TARGET, Made, headerless, made

from traindrop.dataset import examine


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINDROP_BENCHMARKS", str(tmp_path / "made"))


def test_rows_are_put_together_from_columns_without_the_padding_of_numpy() -> None:
    columns = [
        digits(np.array([7, 123]), 3),
        Table(["a", "", "long"])[np.array([2, 1])],
        Decimals(1, 2)(np.array([np.nan, -9])),
    ]
    assert lines(columns) == b"007,long,\n123,,-2.0\n"
    assert lines([joined(columns[0], columns[0])]) == b"007007\n123123\n"


@pytest.mark.parametrize(("kind", "columns"), [(MIXED, 32), (NUMERIC, 29)])
def test_a_made_file_has_its_rows_and_columns_and_is_the_same_every_time(kind: Made, columns: int) -> None:
    file = made(kind, 500)
    content = file.read_bytes()
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert len(rows) == 501
    assert {len(row) for row in rows} == {columns}
    file.unlink()
    assert made(kind, 500).read_bytes() == content
    assert made(kind, 500, seed=1).read_bytes() != content


def test_the_mixed_file_has_gaps_categories_dates_ids_and_quoted_texts() -> None:
    findings = examine(made(MIXED, 2000).read_bytes(), complete=True)
    columns = {column.name: column for column in findings.columns}
    assert columns["day"].kind == "date"
    assert columns["number_3"].kind == "number"
    assert len(columns["id"].counts) == 2000
    assert ', ""m' in made(MIXED, 2000).read_text("utf-8")
    assert ",," in made(MIXED, 2000).read_text("utf-8")
    assert set(columns[TARGET].counts) == {"yes", "no"}


def test_headerless_files_hold_the_same_rows_without_the_header() -> None:
    first, others = headerless(NUMERIC, 100, 0.8)
    header, _, rows = made(NUMERIC, 100).read_bytes().partition(b"\n")
    assert header.startswith(TARGET.encode())
    assert first.read_bytes() + others.read_bytes() == rows
    assert first.read_bytes().count(b"\n") == 80


@pytest.mark.parametrize("classes", [0, 2, 5])
def test_a_csv_of_any_shape_has_about_the_size_that_was_asked_for(tmp_path: Path, classes: int) -> None:
    file = tmp_path / "made.csv"
    rows = write_csv(file, 30_000, Shape(4, 2, classes))
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) == rows + 1
    assert 30_000 <= file.stat().st_size < 30_200
    assert len({line.rpartition(",")[2] for line in lines[1:]}) == (classes or rows) or classes == 0
