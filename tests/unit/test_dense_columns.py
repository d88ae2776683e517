"""How a large file's gaps and categories become numbers, learnt from its training rows."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from traindrop import dense_columns
from traindrop.dataset import Feature, Schema, fit_schema, read
from traindrop.dense_columns import densified, recoded
from traindrop.kept_rows import KeptRows, Part, keep, labelled

HEADER = ["number", "whole", "when", "colour", "city", "note", "y"]


def write(path: Path, rows: int, classes: int = 2, seed: int = 0) -> Path:
    """Numbers, dates, words and categories, all with gaps; the colour decides much of the target."""
    random = np.random.default_rng(seed)
    table: list[list[object]] = [list(HEADER)]
    for row in range(rows):
        colour, gaps = int(random.integers(4)), random.random(6) < 0.1
        label = int(random.random() * 2 + [0.9, 0.1, 0.7, 0.4][colour] > 1.4)
        cells: list[object] = [
            f"{random.normal():.4f}",
            int(random.integers(5)),
            f"2024-{random.integers(1, 13):02}-05",
            ["red", "blue", "green", "black"][colour],
            f"city {random.integers(300)}",
            f"note {row} said {'loudly' if random.random() < 0.5 else 'softly'}",
        ]
        target: object = f"class {(label + row) % classes}" if classes > 2 else label
        table.append([*("" if gap else cell for cell, gap in zip(cells, gaps, strict=True)), target])
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(table)
    return path


def kept(path: Path, held_out: int = 5) -> tuple[Schema, Part]:
    """Each `held_out`-th row is not trained on."""
    schema = fit_schema(path, "y")
    rows = keep(path, schema)
    return schema, Part(rows, np.arange(len(rows.labels)) % held_out != 0)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_rows_become_what_the_new_schema_reads_from_the_file_and_none_is_nan(tmp_path: Path, classes: int) -> None:
    path = write(tmp_path / "a.csv", 2000, classes)
    before, training = kept(path)
    after = densified(before, training, seed=1)
    training.rows.change(recoded(before, after))
    found = np.concatenate([features.copy() for _, features in training.rows.blocks()])
    again = np.concatenate([labelled(batch, after)[0] for batch in read(path, after)])
    assert not np.isnan(found).any()
    assert found.tobytes() == again.tobytes()
    assert Schema.from_json(json.loads(json.dumps(after.to_json()))) == after


def test_a_missing_number_is_one_of_its_own_in_the_middle_of_the_others(tmp_path: Path) -> None:
    before, training = kept(write(tmp_path / "a.csv", 2000))
    after = densified(before, training, seed=1)
    features = np.concatenate([features for features, _ in training.blocks()])
    for place, column in enumerate(after.columns):
        if column.kind == "category":
            continue
        present = features[:, place][~np.isnan(features[:, place])]
        assert column.missing is not None
        assert column.missing not in present
        assert 0.3 < np.mean(present < column.missing) < 0.8
        assert column.missing == np.float32(column.missing)


def test_categories_are_in_the_order_of_the_targets_mean_and_a_missing_one_at_its_place(tmp_path: Path) -> None:
    before, training = kept(write(tmp_path / "a.csv", 4000))
    (colour,) = (column for column in densified(before, training, seed=1).columns if column.name == "colour")
    assert colour.ordered
    assert colour.categories == ("blue", "black", "green", "red")
    assert colour.missing == 1.5  # its rows are of every colour


def test_what_is_held_out_has_no_say(tmp_path: Path) -> None:
    before, training = kept(write(tmp_path / "a.csv", 2000))
    expected = densified(before, training, seed=1)
    rows = KeptRows(training.rows.width)
    for where, features in training.rows.blocks():
        rows.add(features, np.where(training.chosen[where], training.rows.labels[where], 1.0))
    assert densified(before, Part(rows, training.chosen), seed=1) == expected


def test_categories_of_few_rows_and_those_of_more_than_two_classes_stay_what_xgboost_splits_itself(
    tmp_path: Path,
) -> None:
    before, training = kept(write(tmp_path / "two.csv", 2000))
    ordered = {column.name: column.ordered for column in densified(before, training, seed=1).columns}
    assert ordered["colour"]
    assert not ordered["city"]  # some five rows each
    before, training = kept(write(tmp_path / "three.csv", 2000, classes=3))
    after = densified(before, training, seed=1)
    assert after.feature_types == before.feature_types
    (colour,) = (column for column in after.columns if column.name == "colour")
    assert colour.missing == 4


def test_a_file_without_gaps_and_categories_is_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("a,y\n" + "".join(f"{row / 7},{row % 2}\n" for row in range(100)))
    before, training = kept(path)
    assert densified(before, training, seed=1) == before


@pytest.mark.parametrize("values", [[], [2.0], [1e38, 1e38], [-1.0, 0.0, 0.0, 3.0], [0.0, 1e-40]])
def test_the_middle_is_finite_and_none_of_the_values(values: list[float]) -> None:
    found = dense_columns._middle(np.array([*values, np.nan], np.float32))
    assert np.isfinite(found)
    assert found not in np.array(values, np.float32) or max(values) == 1e38


def test_zero_is_a_number_to_count_as_and_an_old_dataset_json_is_read_as_it_was() -> None:
    schema = Schema("y", "binary", ("0", "1"), (Feature("a", "category", ("x",)), Feature("b", "number")))
    document = schema.to_json()
    assert document["columns"] == [
        {"name": "a", "kind": "category", "categories": ["x"]},
        {"name": "b", "kind": "number"},
    ]
    assert Schema.from_json(document).feature_types == ["c", "q"]
    zero = replace(schema.columns[1], missing=0.0)
    again = Schema.from_json(replace(schema, columns=(schema.columns[0], zero)).to_json()).columns[1]
    assert again.encode(["5", "", "x"]).tolist() == [5.0, 0.0, 0.0]
