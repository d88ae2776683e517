"""Inputs of a hostile size, each at its real one: refused with a reason, in bounded memory and with bounded work.

Each is tried in a process of its own whose memory is limited (`tests.bounded`); `tests.hostile_inputs` counts the work.
"""

import re
from pathlib import Path

import pytest
from tests import hostile_inputs
from tests.bounded import refusal_in

# By the input's name: how much memory it may take, and what the refusal says.
REFUSALS: dict[str, tuple[int, str]] = {
    "a_file_of_ten_gigabytes": (32, "ArtifactError: .*'model.ubj' is refused: .* more than 1,073,741,824 bytes"),
    "many_files_of_ten_gigabytes_together": (64, "ArtifactError: .*'64' is refused: .* more than 67,108,864 bytes"),
    "a_header_of_ten_gigabytes": (64, "ArtifactError: .*bytes that belong to no file"),
    "a_long_name_of_ten_gigabytes": (64, "ArtifactError: .*bytes that belong to no file"),
    "ten_gigabytes_behind_the_last_file": (64, "ArtifactError: .*bytes that belong to no file"),
    "a_header_line_of_200_mb": (96, "DatasetError: line 1 is longer than 16,777,216 characters"),
    "a_line_of_200_mb_of_letters_of_four_bytes": (320, "DatasetError: line 2 is longer than 16,777,216 characters"),
    "a_line_of_200_mb_of_many_cells": (96, "DatasetError: line 3 is longer than 16,777,216 characters"),
    "a_quoted_cell_of_200_mb": (32, "DatasetError: line 2: a cell is longer than 131,072 characters"),
    "a_line_of_200_mb_in_scoring": (96, "DatasetError: line 3 is longer than 16,777,216 characters"),
    "zero_bytes_from_the_start": (32, "DatasetError: this is (UTF-16 text|a binary file)"),
    "zero_bytes_after_a_good_beginning": (32, "DatasetError: line 50002 holds a zero byte"),
    "a_hundred_thousand_columns": (96, "Rejected: x.csv: line 1 has 100,000 columns, and at most 50,000 are read"),
    "half_a_million_columns": (128, "Rejected: x.csv: line 1 has 524,288 columns"),
    "as_many_columns_as_are_read_and_no_rows": (400, "Rejected: x.csv: too few rows"),
    "anchors_that_explode": (32, "Rejected: .*line 2 uses an alias"),
    "fields_that_are_all_unknown": (128, "Rejected: training.yaml is not valid:\n- f0: there is no such field"),
    "brackets_without_end": (64, "Rejected: .*nested too deeply"),
    "a_config_of_50_mb": (32, "Rejected: .*longer than 65,536 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_an_input_of_hostile_size_is_refused_in_bounded_memory_and_work(tmp_path: Path, name: str) -> None:
    mebibytes, says = REFUSALS[name]
    found = refusal_in(getattr(hostile_inputs, name), tmp_path, mebibytes=mebibytes)
    assert re.match(says, found), found


def test_the_limit_holds(tmp_path: Path) -> None:
    assert refusal_in(hostile_inputs.more_memory_than_allowed, tmp_path, mebibytes=32) == "MemoryError: "
