"""Cells that a spreadsheet takes for formulas are data: nothing evaluates them here, nothing written begins with one.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import argparse
import csv
import io
from pathlib import Path

import numpy as np
import pytest

from traindrop.checks import check_training_data
from traindrop.dataset import read
from traindrop.schema import Schema
from traindrop.training_script import predict_test_channel

FORMULAS = ["=cmd()|'/c calc'!A1", "+1+1", "-2+3", "@SUM(1,1)", '=HYPERLINK("http://evil","a")', "\t=1", "plain"]


def table(name: str = "=1+1") -> bytes:
    text = io.StringIO(newline="")
    rows = [[FORMULAS[n % len(FORMULAS)], n % 5, FORMULAS[n % len(FORMULAS)]] for n in range(70)]
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([[name, "size", "label"], *rows])
    return text.getvalue().encode()


def schema() -> Schema:
    return check_training_data(table(), complete=True, target=None, task="auto", drop=(), file="x.csv").schema


def test_formulas_are_the_text_that_they_are_as_names_values_and_classes() -> None:
    found = schema()
    assert [column.name for column in found.columns] == ["=1+1", "size"]
    assert found.classes == tuple(sorted(text.strip() for text in FORMULAS))
    (batch,) = read(io.BytesIO(table()), found)
    assert batch.rows == 70
    assert batch.target is not None
    assert set(batch.target.counted()) == {text.strip() for text in FORMULAS}


def test_no_cell_of_predictions_csv_begins_as_a_formula_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.csv").write_bytes(table())
    monkeypatch.setenv("SM_CHANNEL_TEST", str(tmp_path))
    monkeypatch.setenv("SM_OUTPUT_DATA_DIR", str(tmp_path))
    found, options = schema(), argparse.Namespace(test="test.csv")
    predict_test_channel(found, options, lambda rows: np.full((len(rows), len(found.classes)), 1 / 7))
    with (tmp_path / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["row", *(f"probability_{name}" for name in found.classes)]
    assert len(rows) == 70
    assert all(float(cell) >= 0 for row in rows for cell in row)
