"""Numbers are written so that XGBoost's own CSV reader, the oracle here, reads them back to the last bit."""

import csv
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from traindrop.xgboost_csv import text_of, value_of

pytestmark = pytest.mark.filterwarnings("ignore:.*Text file input has been deprecated")

LARGEST = float(np.float32(1e38))
FLOATS = st.floats(-LARGEST, LARGEST, width=32)
DECIMALS = st.from_regex(r"[+-]?[0-9]{1,19}(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)


def as_xgboost_reads(texts: Sequence[str]) -> list[float]:
    """One feature of as many rows, each with the label 0."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.csv"
        file.write_text("".join(f"0,1,{text}\n" for text in texts), encoding="ascii")
        matrix = xgboost.DMatrix(f"{file}?format=csv&label_column=0&delimiter=,", nthread=1).get_data()
    found = [math.nan] * len(texts)
    for row, (start, end) in enumerate(zip(matrix.indptr, matrix.indptr[1:], strict=False)):
        for column, value in zip(matrix.indices[start:end], matrix.data[start:end], strict=True):
            if column == 1:
                found[row] = float(value)
    return found


@given(st.lists(FLOATS.filter(lambda value: value == 0 or abs(value) > 1e-30), min_size=1, max_size=100))
@settings(deadline=None, max_examples=15)
def test_what_is_written_is_read_back_exactly(values: list[float]) -> None:
    assert as_xgboost_reads([text_of(value) for value in values]) == values


@given(st.lists(st.floats(float(np.float32(1e-45)), float(np.float32(1e-30)), width=32), min_size=1, max_size=20))
@settings(deadline=None, max_examples=15)
def test_the_smallest_numbers_are_read_back_to_the_last_bit_but_one(values: list[float]) -> None:
    assert as_xgboost_reads([text_of(value) for value in values]) == pytest.approx(values, rel=3e-7, abs=3e-45)


@given(st.lists(DECIMALS, min_size=1, max_size=100))
@settings(deadline=None, max_examples=15)
def test_any_decimal_is_understood_as_xgboost_understands_it(texts: list[str]) -> None:
    with np.errstate(over="ignore"):
        expected = [value_of(text) for text in texts]
    if not any(map(math.isinf, expected)):  # XGBoost refuses infinity
        assert as_xgboost_reads(texts) == expected


@pytest.mark.parametrize("text", ["", "nan", "NaN", "abc", '"2"', "NA"])
def test_what_is_no_number_is_missing_for_both(text: str) -> None:
    assert math.isnan(value_of(text))
    assert math.isnan(as_xgboost_reads([text, "5"])[0])


def test_plain_decimals_stay_as_they_are_and_those_that_xgboost_reads_wrongly_are_made_exact() -> None:
    singles = [float(np.float32(value)) for value in (7.9, 71.2833, 3, -0.25, 1e38, 0.1, 1.18)]
    assert [text_of(value) for value in singles] == [
        "7.9", "71.2833", "3", "-0.25", "9999999680285691904e19", "0.1", "1.17999995",
    ]  # fmt: skip
    assert as_xgboost_reads(["1.18"]) != [singles[-1]], "XGBoost has learnt to read decimals: write them as they are"


@given(st.lists(FLOATS | st.just(math.nan), min_size=2, max_size=20))
def test_the_image_finds_the_comma_in_any_line_of_numbers(values: list[float]) -> None:
    assert csv.Sniffer().sniff(",".join(map(text_of, values)) + "\n").delimiter == ","
