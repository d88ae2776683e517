"""What XGBoost's script does with a sample of the rows, and that it trains on all of them."""

import re
from pathlib import Path

import numpy as np
import pytest
from tests.training.test_xgboost_checkpoints import a_fit, some_rows
from training_scripts.xgboost import train as script

from traindrop.kept_rows import Part


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A sample of 500 rows."""
    monkeypatch.setattr(script, "SAMPLED_ROWS", 500)
    monkeypatch.setenv("TRAINDROP_CHECKPOINT_DIR", str(tmp_path / "none"))


def parts(rows: int) -> tuple[Part, Part]:
    """To train on, and a fifth held out."""
    whole = some_rows(number=rows)
    held_out = np.arange(rows) % 5 == 0
    return Part(whole.rows, ~held_out), Part(whole.rows, held_out)


def test_every_row_is_trained_on_though_bins_and_metrics_are_of_a_sample() -> None:
    training, held_out = parts(5000)
    booster, history = a_fit(num_round=3).measured(training, held_out)
    (cover,) = re.findall(r"^0:.*cover=([0-9.]+)", booster.get_dump(with_stats=True)[0], re.MULTILINE)
    assert float(cover) == len(training) == 4000  # the second derivative of a squared error is 1
    assert len(history["train"]["rmse"]) == len(history["validation"]["rmse"]) == 3


def test_a_sample_tells_what_all_rows_tell_and_makes_as_good_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    training, held_out = parts(20_000)
    _, sampled = a_fit(num_round=20).measured(training, held_out)
    monkeypatch.setattr(script, "SAMPLED_ROWS", 10**9)
    _, whole = a_fit(num_round=20).measured(training, held_out)
    for part in ("train", "validation"):
        # The standard error of 500 rows' is 3 %.
        assert sampled[part]["rmse"] == pytest.approx(whole[part]["rmse"], rel=0.1)
