"""A large test file is scored, and looked at beside a large training file, in the memory that the evaluator has.

Each in a process of its own whose memory is limited (`tests.bounded`); the figures are beyond what the imports take.
"""

from pathlib import Path

import pytest
from tests import hostile_scoring
from tests.bounded import refusal_in
from tests.contract.template import TEMPLATE

FITS = "nothing was raised"
# Beside what is measured here lie Python, numpy and XGBoost, the layers' other imports, and what boto3 downloads.
FREE_MEBIBYTES = 1100


@pytest.mark.parametrize(
    ("name", "mebibytes", "says"),
    [
        ("two_million_rows_by_a_model", 500, FITS),
        ("two_million_rows_by_predictions_of_a_script", 500, FITS),
        ("rows_of_a_thousand_classes", 900, FITS),
        ("more_rows_of_a_thousand_classes_than_fit", 900, "more than 40,000 rows, the most of 1000 classes"),
        ("more_rows_than_fit", FREE_MEBIBYTES, "more than 8,000,000 rows, the most that are scored at once"),
        ("a_wide_file", 300, FITS),
    ],
)
def test_a_test_file_is_scored_or_refused_in_the_memory_that_the_evaluator_has(
    tmp_path: Path, name: str, mebibytes: int, says: str
) -> None:
    assert mebibytes <= FREE_MEBIBYTES
    found = refusal_in(getattr(hostile_scoring, name), tmp_path, mebibytes=mebibytes)
    assert says in found, found


def test_the_evaluator_has_the_memory_that_these_figures_suppose() -> None:
    properties = TEMPLATE["Resources"]["Evaluator"]["Properties"]
    assert properties["MemorySize"] >= FREE_MEBIBYTES + 600
