"""Which columns a model lives on, and the sample of rows that it is asked on."""

from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import xgboost

from traindrop import row_sample
from traindrop.dataset import Batch, Feature, Schema
from traindrop.importances import importances_of
from traindrop.predictions import BoosterPredict, by_booster
from traindrop.row_sample import RowSample, batch_of

Matrix = npt.NDArray[np.float32]


def schema(task: str = "binary", columns: int = 4) -> Schema:
    """The last two features are of one column."""
    names = ["signal", "weak", "noise", "noise"][:columns]
    features = tuple(Feature(name, "number" if at < 3 else "month") for at, name in enumerate(names))
    return Schema("y", task, () if task == "regression" else ("no", "yes"), features)


def data(rows: int = 800) -> tuple[Matrix, npt.NDArray[np.float64]]:
    random = np.random.default_rng(3)
    features = random.normal(size=(rows, 4)).astype(np.float32)
    return features, (2 * features[:, 0] + 0.7 * features[:, 1] > 0).astype(np.float64)


def trained(folder: Path, objective: str, **more: object) -> BoosterPredict:
    features, target = data()
    booster = xgboost.train({"objective": objective, "max_depth": 3, "nthread": 1, **more},
                            xgboost.DMatrix(features, target), 15)  # fmt: skip
    booster.save_model(folder / "model.ubj")
    return by_booster(folder / "model.ubj", schema("regression" if objective.startswith("reg") else "binary"))


def sampled(features: Matrix) -> RowSample:
    sample = RowSample(features.shape[1])
    sample.add(batch_of(features))
    return sample


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:squarederror"])
def test_the_column_that_decides_comes_first_by_gain_and_by_permutation(tmp_path: Path, objective: str) -> None:
    predict = trained(tmp_path, objective)
    features, target = data(300)
    found = importances_of(predict, sampled(features), target, predict.schema)
    assert [each.column for each in found][:2] == ["signal", "weak"]
    assert sum(each.gain or 0 for each in found) == pytest.approx(1)
    signal, weak, noise = (each.permutation or 0 for each in found)
    assert signal > weak > abs(noise)
    assert signal > 0.1


def test_the_features_of_one_column_are_told_and_shuffled_together(tmp_path: Path) -> None:
    predict = trained(tmp_path, "binary:logistic")
    features, target = data(300)
    found = importances_of(predict, sampled(features), target, predict.schema)
    assert sorted(each.column for each in found) == ["noise", "signal", "weak"]


def test_the_same_rows_give_the_same_importances_and_rows_without_a_label_do_not_count(tmp_path: Path) -> None:
    predict = trained(tmp_path, "binary:logistic")
    features, target = data(300)
    target[:50] = np.nan
    first = importances_of(predict, sampled(features), target, predict.schema)
    assert first == importances_of(predict, sampled(features), target, predict.schema)
    assert first[0].permutation is not None


def test_where_the_sample_has_one_class_alone_only_the_gain_is_told(tmp_path: Path) -> None:
    predict = trained(tmp_path, "binary:logistic")
    features, target = data(50)
    found = importances_of(predict, sampled(features), np.ones_like(target), predict.schema)
    assert found[0].gain is not None
    assert {each.permutation for each in found} == {None}


def test_a_model_that_splits_nothing_has_no_gain_and_loses_nothing(tmp_path: Path) -> None:
    predict = trained(tmp_path, "binary:logistic", min_child_weight=1e9)
    features, target = data(300)
    found = importances_of(predict, sampled(features), target, predict.schema)
    assert {(each.gain, each.permutation) for each in found} == {(None, 0)}


def test_a_sample_is_of_the_size_meant_and_the_same_however_the_file_is_batched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_sample, "MAX_ROWS", 50)
    features = np.arange(2000, dtype=np.float32).reshape(1000, 2)
    whole, parts = RowSample(2), RowSample(2)
    whole.add(batch_of(features))
    for start in range(0, 1000, 37):
        parts.add(batch_of(features[start : start + 37]))
    assert len(whole.rows) == 50
    assert np.array_equal(whole.rows, parts.rows)
    assert np.array_equal(whole.features, features[whole.rows])
    assert np.array_equal(parts.features, features[parts.rows])
    assert whole.rows.max() > 800


def test_a_wide_file_is_sampled_in_bounded_memory() -> None:
    sample = RowSample(50_000)
    for _ in range(3):
        sample.add(Batch(100, array("f", bytes(4 * 50_000 * 100)), None))
    assert sample.features.nbytes <= 4 * row_sample.MAX_VALUES
