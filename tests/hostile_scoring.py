"""Test files of a size that must still be scored, or refused, within the evaluator's memory; each makes its own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from traindrop import chunks
from traindrop.dataset import Schema, read
from traindrop.evaluation import Evaluation, Subject, evaluate_model
from traindrop.file_parts import source_of
from traindrop.held_out import MOST_ROWS, MOST_VALUES
from traindrop.schema import Feature

TWO_MILLION = 2_000_000
_BLOCK = 100_000


def written(path: Path, header: bytes, blocks: Iterator[bytes]) -> Path:
    with path.open("wb") as stream:
        stream.write(header + b"\n")
        stream.writelines(blocks)
    return path


def rows(count: int, classes: int) -> Iterator[bytes]:
    """A number that says something of the class, a row number and the class; the same rows again and again."""
    random = np.random.default_rng(1)
    truth = random.integers(classes, size=_BLOCK)
    said = (truth + random.normal(scale=classes / 4, size=_BLOCK)).round(2)
    block = [f"{a},{n},c{c:03}\n" for n, (a, c) in enumerate(zip(said.tolist(), truth.tolist(), strict=True))]
    for start in range(0, count, _BLOCK):
        yield "".join(block[: count - start]).encode()


def scored(folder: Path, test: Path, classes: int) -> Evaluation:
    """By predictions.csv, if there is one, else by a small model; without Arrow, as in the Lambda."""
    chunks.has_arrow = lambda: False
    names = tuple(f"c{number:03}" for number in range(classes))
    task = "binary" if classes == 2 else "multiclass"
    schema = Schema("label", task, names, (Feature("said", "number"), Feature("number", "number")))
    (folder / "dataset.json").write_text(json.dumps(schema.to_json()), "utf-8")
    if not (folder / "predictions.csv").exists():
        objective: dict[str, Any] = {"objective": "binary:logistic"}
        if classes > 2:
            objective = {"objective": "multi:softprob", "num_class": classes}
        values = np.linspace(-classes, 2 * classes, 50 * classes)
        few = xgboost.DMatrix(np.column_stack((values, values)), np.clip(values.round(), 0, classes - 1))
        xgboost.train({"nthread": 1, "max_depth": 2, **objective}, few, 3).save_model(folder / "model.ubj")
    training_file = source_of(test, name="train.csv")
    subject = Subject("run", "data", "s3://bucket/model", training_file=training_file)
    return evaluate_model(folder, test, output_dir=None, subject=subject)


def two_million_rows_by_a_model(folder: Path) -> None:
    test = written(folder / "test.csv", b"said,number,label", rows(TWO_MILLION, 2))
    found = scored(folder, test, 2)
    assert found.scored is not None
    assert found.scored.rows == TWO_MILLION
    assert 0.5 < (found.metrics["auc"] or 0) < 1


def two_million_rows_by_predictions_of_a_script(folder: Path) -> None:
    test = written(folder / "test.csv", b"said,number,label", rows(TWO_MILLION, 3))
    lines = (b"".join(b"%d,0.5,0.25,0.25\n" % row for row in range(start, start + _BLOCK))
             for start in range(0, TWO_MILLION, _BLOCK))  # fmt: skip
    written(folder / "predictions.csv", b"row,probability_c000,probability_c001,probability_c002", lines)
    assert scored(folder, test, 3).metrics["auc"] == 0.5


def rows_of_a_thousand_classes(folder: Path) -> None:
    """As many as fit: the probabilities alone are 160 MB."""
    test = written(folder / "test.csv", b"said,number,label", rows(MOST_VALUES // 1000, 1000))
    assert scored(folder, test, 1000).metrics["accuracy"] is not None


def more_rows_of_a_thousand_classes_than_fit(folder: Path) -> None:
    scored(folder, written(folder / "test.csv", b"said,number,label", rows(MOST_VALUES // 1000 + 1, 1000)), 1000)


def more_rows_than_fit(folder: Path) -> None:
    """As short as rows can be; no two of the columns are features of the model, so that reading is all there is."""
    block = b"1,\n" * _BLOCK
    test = written(folder / "test.csv", b"said,label", (block for _ in range(MOST_ROWS // _BLOCK + 1)))
    (folder / "predictions.csv").write_bytes(b"row,prediction\n0,1\n")
    subject = Subject("run", "data", "s3://bucket/model", target="label", task="regression")
    evaluate_model(folder, test, output_dir=None, subject=subject)


def a_wide_file(folder: Path) -> None:
    """10,000 columns, of which the model uses one: ten million cells, as texts 600 MB."""
    chunks.has_arrow = lambda: False
    row = b"12," * 9_998 + b"34,0.5\n"
    names = ",".join([*(f"c{number}" for number in range(9_999)), "label"]).encode()
    file = written(folder / "test.csv", names, (row for _ in range(1000)))
    batches = read(file, Schema("label", "regression", (), (Feature("c9998", "number"),)))
    assert sum(batch.rows for batch in batches) == 1000
