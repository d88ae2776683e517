"""Batches that are predicted in threads."""

import threading
from array import array
from collections.abc import Iterator

import numpy as np
import pytest

from traindrop import predictions
from traindrop.dataset import Batch
from traindrop.errors import EvaluationFailed
from traindrop.predictions import Predictions


def batches(count: int) -> Iterator[Batch]:
    return (Batch(1, array("f", [number]), None) for number in range(count))


def test_each_batch_has_its_own_predictions_in_the_files_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "usable_cores", lambda: 2)
    second_is_done = threading.Event()

    def predict(batch: Batch) -> Predictions:
        if batch.features[0] == 0:
            assert second_is_done.wait(60)  # the first one takes longer
        if batch.features[0] == 1:
            second_is_done.set()
        return np.array([batch.features[0] * 10])

    found = [(batch.features[0], values[0]) for batch, values in predictions.predicted(batches(5), predict)]
    assert found == [(number, number * 10) for number in range(5)]


def test_what_cannot_be_predicted_is_told_after_the_batches_before_it() -> None:
    def predict(batch: Batch) -> Predictions:
        if batch.features[0] == 2:
            raise EvaluationFailed("no probabilities")
        return np.zeros(1)

    found = predictions.predicted(batches(5), predict)
    assert [next(found)[0].features[0], next(found)[0].features[0]] == [0, 1]
    with pytest.raises(EvaluationFailed, match="no probabilities"):
        next(found)
