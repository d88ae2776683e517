"""Each doubt on files that were made to have it, and none of them on files that have not."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from traindrop.careful_look import doubts_about_files
from traindrop.column_summary import ColumnSummary
from traindrop.dataset import Schema, fit_schema
from traindrop.doubts import Doubt, few_of_each_kind, reason_of_strict, texts
from traindrop.file_parts import MOST_BYTES, Source, source_of
from traindrop.schema import Feature

Table = dict[str, Sequence[object]]


def healthy(rows: int, seed: int) -> Table:
    """Numbers, a category, a date and a free text with gaps, that say something of the label and not all."""
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    colour = random.choice(["red", "blue", "green"], size=rows)
    label = (size + (colour == "red") + random.normal(size=rows) > 0.5).astype(int)
    return {
        "size": [f"{value:.3f}" if random.random() > 0.1 else "" for value in size],
        "visits": random.poisson(3, size=rows).tolist(),
        "colour": colour.tolist(),
        "when": [f"2024-{month:02}-{day:02}" for month, day in random.integers(1, 28, size=(rows, 2)) % 12 + 1],
        "remark": [f"{a} and {b} said {n}" for n, (a, b) in enumerate(random.choice(["he", "she", "they"], (rows, 2)))],
        "label": np.where(label, "yes", "no").tolist(),
    }


def csv_of(table: Table) -> bytes:
    lines = [",".join(table), *(",".join(map(str, row)) for row in zip(*table.values(), strict=True))]
    return ("\n".join(lines) + "\n").encode()


def source(body: bytes, name: str = "train.csv") -> Source:
    return Source(name, len(body), lambda start, length: body[start : start + length])


def found_in(
    train: Table, test: Table | None, *, target: str = "label", task: str = "auto", drop: Sequence[str] = ()
) -> tuple[Doubt, ...]:
    body = csv_of(train)
    schema = fit_schema(io.BytesIO(body), target, task, drop)
    return doubts_about_files(source(body), source(csv_of(test), "test.csv") if test else None, schema)[0]


def kinds(doubts: Sequence[Doubt]) -> set[tuple[str, str | None]]:
    return {(doubt.kind, doubt.column) for doubt in doubts}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("rows", "test_rows"), [(60, 20), (700, 179), (5000, 5000), (300, 1)])
def test_files_of_one_source_raise_no_doubt(seed: int, rows: int, test_rows: int) -> None:
    assert found_in(healthy(rows, seed), healthy(test_rows, seed + 100)) == ()


def test_titanic_raises_no_doubt_about_its_columns(titanic: Path) -> None:
    train = titanic / "titanic_train.csv"
    schema = fit_schema(train, "Survived")
    test = source_of(titanic / "titanic_test.csv", name="titanic_test.csv")
    doubts, columns = doubts_about_files(source_of(train, name=train.name), test, schema)
    assert doubts == ()
    (age,) = (column for column in columns if column.name == "Age")
    assert age.train is not None
    assert 25 < age.train.quantiles[3] < 31
    assert 0.15 < age.train.missing < 0.25


LABEL = healthy(400, 1)["label"]
RANDOM = np.random.default_rng(7)
# Columns that give the answer away, each in its own way.
LEAKS: Table = {
    "number": [value + (label == "yes") * 10 for value, label in zip(RANDOM.normal(size=400), LABEL, strict=True)],
    "lower": [-(label == "yes") * 3 for label in LABEL],
    "band": [abs(value) + (label == "yes") * 9 if value > 0 else -abs(value) - (label == "yes") * 9
             for value, label in zip(RANDOM.normal(size=400), LABEL, strict=True)],
    "text": [f"status {'closed' if label == 'yes' else RANDOM.choice(['open', 'new'])}" for label in LABEL],
    "only_filled_if": [str(RANDOM.integers(50)) if label == "yes" else "" for label in LABEL],
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_a_column_that_alone_tells_the_answer_is_doubted_with_its_auc(name: str) -> None:
    (doubt,) = (d for d in found_in({**healthy(400, 1), name: LEAKS[name]}, None) if d.kind == "given away")
    assert doubt.column == name
    assert float(doubt.evidence["AUC"]) >= 0.99
    assert (name in doubt.text, "'label'" in doubt.text, "drop:" in doubt.text) == (True, True, True)


def test_a_column_that_tells_much_and_not_all_is_not_doubted() -> None:
    near = [float(label == "yes") + value * 0.4 for value, label in zip(RANDOM.normal(size=400), LABEL, strict=True)]
    assert found_in({**healthy(400, 1), "near": near}, None) == ()


def test_texts_that_never_repeat_do_not_pass_for_knowing_the_answer() -> None:
    ticket = [f"ticket {n} of a kind" for n in range(400)]
    assert found_in({**healthy(400, 1), "ticket": ticket}, None) == ()


@pytest.mark.parametrize("of", ["price", "log", "text"])
def test_a_regressions_target_in_other_units_is_doubted(of: str) -> None:
    price = RANDOM.choice([10.0, 20.0, 50.0, 90.0], size=300) if of == "text" else RANDOM.lognormal(3, 1, size=300)
    told = {"price": price * 100 + 1, "log": -np.log(price), "text": [f"band {value:.0f}" for value in price]}[of]
    table: Table = {"told": list(told), "size": RANDOM.normal(size=300).tolist(), "label": price.tolist()}
    assert kinds(found_in(table, None, task="regression")) >= {("given away", "told")}
    noisy: Table = {**table, "told": (price + RANDOM.normal(size=300) * price.std()).tolist()}
    assert found_in(noisy, None, task="regression") == ()


def test_of_many_classes_a_column_has_to_tell_each_to_be_doubted() -> None:
    label = np.array(["a", "b", "c"])[np.arange(300) % 3]
    base: Table = {"size": RANDOM.normal(size=300).tolist(), "label": label.tolist()}
    assert kinds(found_in({**base, "told": [f"code {x}" for x in label]}, None)) == {("given away", "told")}
    assert found_in({**base, "one": [x if x == "a" else "other" for x in label]}, None) == ()


IDS: Table = {
    "customer_id": RANDOM.permutation(900_000)[:400].tolist(),
    "PassengerNo": (RANDOM.permutation(90_000)[:400] + 10).tolist(),
    "contract": (np.cumsum(RANDOM.integers(1, 99, size=400)) + 1000).tolist(),
    "phone": (RANDOM.permutation(8_000_000)[:400] + 1_000_000).tolist(),
}


@pytest.mark.parametrize("name", IDS)
def test_a_column_like_an_id_is_doubted(name: str) -> None:
    assert kinds(found_in({**healthy(400, 1), name: IDS[name]}, None)) == {("id", name)}


def test_a_column_like_an_id_that_the_model_does_not_learn_from_is_not_doubted() -> None:
    assert found_in({**healthy(400, 1), **IDS}, None, drop=list(IDS)) == ()
    uuids = [f"{value:032x}" for value in range(7, 407)]
    assert found_in({**healthy(400, 1), "uuid": uuids}, None) == ()


def test_what_is_measured_or_counted_is_no_id() -> None:
    income = RANDOM.integers(9_000, 250_000, size=400).tolist()
    room_number = RANDOM.integers(1, 60, size=400).tolist()
    weight_id = RANDOM.normal(size=400).tolist()
    assert found_in({**healthy(400, 1), "income": income, "room_number": room_number, "w_id": weight_id}, None) == ()


def test_test_rows_that_stand_in_the_training_file_are_counted() -> None:
    train, test = healthy(400, 1), healthy(100, 2)
    leaked: Table = {name: [*test[name][:-7], *train[name][50:57]] for name in train}
    (doubt,) = found_in(train, leaked)
    assert doubt.kind == "same rows"
    assert (doubt.evidence["rows"], doubt.evidence["test_rows"]) == (7, 100)
    assert "7 of the 100 test rows" in doubt.text


def test_the_same_rows_are_found_in_another_order_of_columns_and_without_the_target() -> None:
    train = healthy(400, 1)
    test = {name: train[name][:50] for name in reversed(train) if name != "label"}
    assert kinds(found_in(train, test)) == {("same rows", None)}


def test_coarse_rows_that_repeat_by_themselves_are_not_the_same_rows() -> None:
    def coarse(rows: int, seed: int) -> Table:
        random = np.random.default_rng(seed)
        return {name: random.integers(0, 4, size=rows).tolist() for name in ("a", "b", "c")} | {
            "label": random.choice(["no", "yes"], size=rows).tolist()
        }

    for seed in range(10):
        assert found_in(coarse(400, seed), coarse(100, seed + 50)) == ()


def test_a_target_that_is_mostly_one_class_is_doubted() -> None:
    lopsided = {**healthy(400, 1), "label": ["yes" if n % 12 else "no" for n in range(400)]}
    (doubt,) = found_in(lopsided, None)
    assert (doubt.kind, doubt.column) == ("one class", "label")
    assert doubt.evidence["share"] == pytest.approx(0.915, abs=0.001)
    assert "91.5%" in doubt.text
    assert found_in({**lopsided, "label": ["yes" if n % 8 else "no" for n in range(400)]}, None) == ()


def test_a_column_that_is_almost_empty_is_doubted() -> None:
    sparse = [n if n % 25 == 0 else "" for n in range(400)]
    (doubt,) = found_in({**healthy(400, 1), "sparse": sparse}, None)
    assert (doubt.kind, doubt.column) == ("almost empty", "sparse")
    assert "16 of 400 training rows" in doubt.text
    assert found_in({**healthy(400, 1), "half": [n % 7 if n % 2 else "" for n in range(400)]}, None) == ()


DRIFTED: Table = {
    "size": RANDOM.normal(1, 1, size=200).tolist(),
    "visits": RANDOM.poisson(7, size=200).tolist(),
    "colour": RANDOM.choice(["red", "blue", "green"], p=[0.8, 0.1, 0.1], size=200).tolist(),
    "when": [f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in range(200)],
    "label": ["yes" if n % 5 else "no" for n in range(200)],
}


@pytest.mark.parametrize("name", DRIFTED)
def test_a_column_that_differs_between_the_files_is_doubted_if_there_are_rows_enough_to_tell(name: str) -> None:
    train, test = healthy(800, 1), {**healthy(200, 2), name: DRIFTED[name]}
    (doubt,) = found_in(train, test)
    assert (doubt.kind, doubt.column) == ("drift", name)
    assert float(doubt.evidence["drift"]) > float(doubt.evidence["limit"]) > 0.1
    few = {each: test[each][:3] for each in test}
    assert found_in(train, few) == ()


def test_a_column_that_is_empty_in_one_file_only_is_doubted() -> None:
    test = {**healthy(200, 2), "size": [""] * 200}
    (doubt,) = found_in(healthy(800, 1), test)
    assert (doubt.kind, doubt.column) == ("drift", "size")
    assert (doubt.evidence["missing_test"], "100%" in doubt.text) == (1.0, True)


def test_a_difference_that_is_certain_and_of_no_weight_is_not_doubted() -> None:
    train, test = healthy(20_000, 1), healthy(20_000, 2)
    test["size"] = [value and f"{float(str(value)) + 0.1:.3f}" for value in test["size"]]
    assert found_in(train, test) == ()


def test_texts_that_training_never_saw_are_doubted_and_named() -> None:
    test = healthy(200, 2)
    test["colour"] = ["violet" if n < 12 else text for n, text in enumerate(test["colour"])]
    doubt = next(doubt for doubt in found_in(healthy(800, 1), test) if doubt.kind == "unseen categories")
    assert (doubt.column, doubt.evidence["rows"], doubt.evidence["categories"]) == ("colour", 12, 1)
    assert "'violet'" in doubt.text


def test_rare_texts_come_up_new_and_are_not_doubted() -> None:
    for seed in range(10):
        tables = [healthy(rows, seed) for rows in (800, 200)]
        for number, table in enumerate(tables):
            random = np.random.default_rng([seed, number])
            table["town"] = [f"town {int(n)}" for n in random.zipf(1.4, size=len(table["size"])) % 3000]
        assert "unseen categories" not in {doubt.kind for doubt in found_in(*tables)}


def test_of_fifty_columns_alike_a_few_are_told_one_by_one() -> None:
    many = {f"c{n}": LEAKS["number"] for n in range(50)}
    doubts = [doubt for doubt in found_in({**healthy(400, 1), **many}, None) if doubt.kind == "given away"]
    assert [doubt.column for doubt in doubts] == ["c0", "c1", "c2", "c3", "c4", None]
    assert doubts[-1].evidence == {"more": 45}
    assert list(few_of_each_kind(doubts[:5])) == doubts[:5]


def test_a_model_that_does_not_say_what_it_learns_from_is_doubted_for_all_that_it_could() -> None:
    table = {**healthy(400, 1), "told": LEAKS["number"], "uuid": [f"{n:032x}" for n in range(7, 407)]}
    doubts, columns = doubts_about_files(source(csv_of(table)), None, Schema("label", "binary", ("no", "yes"), ()))
    assert kinds(doubts) == {("given away", "told")}
    assert {column.used for column in columns} == {None}


def test_names_and_values_out_of_the_data_cannot_steer_a_terminal() -> None:
    name = "\x1b[31mred\u202e"
    test = {**healthy(200, 2), name: ["\x1b[2Jcleared"] * 200}
    doubts = found_in({**healthy(400, 1), name: ["plain", "other"] * 200}, test)
    assert {doubt.kind for doubt in doubts} == {"drift", "unseen categories"}
    assert all(doubt.text.isprintable() for doubt in doubts)


def test_a_training_file_that_cannot_be_read_is_one_doubt_and_no_error() -> None:
    (doubt,), columns = doubts_about_files(source(b"\x1f\x8b" * 100), None, Schema("label", "binary", ("a", "b"), ()))
    assert (doubt.kind, "train.csv" in doubt.text, "gzip" in doubt.text, columns) == ("not looked at", True, True, ())


def test_files_without_a_header_are_compared_by_the_names_that_their_features_have() -> None:
    random = np.random.default_rng(1)

    def body(rows: int, shift: float) -> bytes:
        values = random.normal(loc=(0, shift), size=(rows, 2))
        return "".join(f"{n % 2},{a:.3f},{b:.3f}\n" for n, (a, b) in enumerate(values)).encode()

    schema = Schema("first column", "binary", ("0", "1"), (Feature("f0", "number"), Feature("f1", "number")))
    train, test = (Source("x.csv", len(b), lambda s, n, b=b: b[s : s + n], headerless=True)  # type: ignore[misc]
                   for b in (body(500, 0), body(200, 2)))  # fmt: skip
    doubts, columns = doubts_about_files(train, test, schema)
    assert kinds(doubts) == {("drift", "f1")}
    assert [column.name for column in columns] == ["f0", "f1", "first column"]


def test_a_large_file_is_looked_at_in_parts_from_all_over_it_with_the_same_result_each_time() -> None:
    """A file of 60 MB, sorted by what has changed in its last quarter; some cells hold line breaks."""
    rows = 1_500_000
    lines = [b"n,late,text,label\n"]
    lines += [b'%d,%d,"a\nb",%s\n' % (n % 1000, n * 4 // rows, b"yes" if n % 3 else b"no") for n in range(rows)]
    body = b"".join(lines)
    asked: list[int] = []

    def read(start: int, length: int) -> bytes:
        asked.append(length)
        return body[start : start + length]

    big = Source("train.csv", len(body), read)
    schema = Schema("label", "binary", ("no", "yes"), tuple(Feature(name, "number") for name in ("n", "late")))
    test: Table = {"n": [n % 1000 for n in range(4000)], "late": [n % 4 for n in range(4000)],
            "text": ["c"] * 4000, "label": ["yes" if n % 3 else "no" for n in range(4000)]}  # fmt: skip
    first = doubts_about_files(big, source(csv_of(test)), schema)
    assert sum(asked) <= MOST_BYTES < len(body)
    assert first[0] == ()  # all quarters were seen in their shares
    late: ColumnSummary = first[1][1]
    assert late.train is not None
    assert late.train.mean == pytest.approx(1.5, abs=0.1)
    assert doubts_about_files(big, source(csv_of(test)), schema) == first


def test_the_reason_of_a_strict_run_lists_its_warnings() -> None:
    doubts = [Doubt(kind="id", column="a", text=f"Number {n}.") for n in range(30)]
    reason = reason_of_strict(doubts, "s3://bucket/runs/r/evaluation.json")
    assert "30 warning(s)" in reason
    assert "\n- Number 0.\n- Number 1.\n" in reason
    assert "strict: true" in reason
    assert len(texts(doubts)) == 20
