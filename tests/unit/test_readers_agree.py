"""Arrow and the standard library read every file alike: the same columns, codes, labels and errors."""

import io
import os
import string
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import TITANIC
from tests.unit.awkward_files import FILES, csv_of

from traindrop import arrow_chunks, chunks, plain_blocks
from traindrop.dataset import DatasetError, Findings, Schema, fit_schema, read
from traindrop.findings import survey

pytest.importorskip("pyarrow", reason="without Arrow there is one way to read")


@dataclass
class Outcome:
    findings: Findings | None
    schema: Schema | None
    features: npt.NDArray[np.float32] | None
    labels: npt.NDArray[np.float64] | None
    unlabelled: list[str]
    error: str


def outcome(body: bytes, target: str = "y", schema: Schema | None = None) -> Outcome:
    found = Outcome(None, schema, None, None, [], "")
    try:
        if schema is None:
            found.findings = survey(io.BytesIO(body))
            found.schema = schema = fit_schema(found.findings, target)
        batches = list(read(io.BytesIO(body), schema))
    except DatasetError as error:
        found.error = f"{error} / {error.for_log()}"
        return found
    found.features = np.array([value for batch in batches for value in batch.features], dtype=np.float32)
    found.labels = np.array([label for batch in batches for label in batch.labels or ()])
    found.unlabelled = [text for batch in batches for text in batch.unlabelled()]
    return found


def both(
    body: bytes, patch: pytest.MonkeyPatch, block: int, target: str = "y", schema: Schema | None = None
) -> tuple[Outcome, Outcome]:
    """By the standard library, and by Arrow in blocks of so many bytes, however small the file is."""
    with patch.context() as arrow:
        arrow.setattr(chunks, "ARROW_FROM_BYTES", 0)
        arrow.setattr(plain_blocks, "BLOCK_BYTES", block)
        by_arrow = outcome(body, target, schema)
    with patch.context() as none:
        none.setattr(chunks, "has_arrow", lambda: False)
        return outcome(body, target, schema), by_arrow


def assert_same(first: Outcome, second: Outcome) -> None:
    assert first.error == second.error
    assert first.findings == second.findings
    if first.findings and second.findings:  # in the same order too: it decides between equals
        for one, other in zip(first.findings.columns, second.findings.columns, strict=True):
            assert list(one.counts.items()) == list(other.counts.items())
            assert list(one.words.items()) == list(other.words.items())
    assert first.schema == second.schema
    np.testing.assert_array_equal(first.features, second.features)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert first.unlabelled == second.unlabelled


@pytest.mark.parametrize("block", [64, 1000, 2**20])
@pytest.mark.parametrize("what", FILES)
def test_an_awkward_file_is_read_alike(what: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    at_least = len(FILES[what]) // 500  # blocks without number take long
    assert_same(*both(FILES[what], monkeypatch, max(block, at_least)))


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_the_model_was_not_trained_with_is_read_alike(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = fit_schema(io.BytesIO(csv_of(["red", "green", "NA"], b=["1", "2.5", ""])), "y")
    block = max(500, len(FILES[what]) // 500)
    assert_same(*both(FILES[what], monkeypatch, block, schema=trained))
    numeric = fit_schema(
        io.BytesIO(csv_of(["1", "2.5"]).replace(b"yes", b"1.5").replace(b"no", b"7")), "y", "regression"
    )
    assert_same(*both(FILES[what], monkeypatch, block, schema=numeric))
    dense = replace(trained, columns=tuple(replace(column, missing=0.25) for column in trained.columns))
    assert_same(*both(FILES[what], monkeypatch, block, schema=dense))


def test_ten_thousand_columns_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_chunks, "UP_TO_COLUMNS", 20_000)
    names = [f"c{column}" for column in range(3_000)]
    lines = [",".join([*names, "y"])]
    lines += [",".join([*(f"{row}.{column}" for column in range(10_000)), "yn"[row % 2]]) for row in range(20)]
    assert_same(*both("\n".join(lines).encode(), monkeypatch, 2**20))


@pytest.mark.skipif(not TITANIC.is_dir(), reason="the shared data are not here")
@pytest.mark.parametrize("file", ["titanic_train.csv", "titanic_test.csv"])
def test_titanic_is_read_alike(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same(*both((TITANIC / file).read_bytes(), monkeypatch, 4096, "Survived"))


CELL = st.one_of(
    st.text(st.sampled_from('",;\n\r \t.1e+-ax"'), max_size=6),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", "NA", "None", '""', '"a""b"', '"x,y"', '"p\nq"', "1e400", "2024-01-31"]),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=30), st.sampled_from(["\n", "\r\n"]), st.integers(16, 300))
def test_any_cells_raw_in_the_file_are_read_alike(rows: list[tuple[str, str]], newline: str, block: int) -> None:
    cells = [*rows * (1 + 25 // len(rows))]
    lines = [f"{a},{b},{'yn'[row % 2]}" for row, (a, b) in enumerate(cells)]
    body = newline.join(["a,b,y", *lines, ""]).encode("utf-8", "surrogatepass")
    with pytest.MonkeyPatch.context() as patch:
        assert_same(*both(body, patch, block))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(16, 300))
def test_any_bytes_are_read_alike(tail: bytes, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        assert_same(*both(csv_of(["1", "2", "3"]) + tail, patch, block))


def test_arrow_reads_what_is_plain_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all of the above would compare the standard library with itself."""
    monkeypatch.setattr(chunks, "ARROW_FROM_BYTES", 0)
    monkeypatch.setattr(arrow_chunks, "rows_after", None)
    for what in ("plain numbers", "quotes", "newlines in cells", "CRLF", "spellings of missing", "dates", "prose"):
        survey(io.BytesIO(FILES[what]))


def test_a_hidden_arrow_is_done_without(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_bytes(csv_of(list(string.ascii_lowercase)) * 1 + b"z,1,yes\n" * 400_000)
    script = (
        "import sys; sys.modules['pyarrow'] = None; from traindrop.dataset import fit_schema;"
        f"print(len(fit_schema({str(file)!r}, 'y').columns), 'numpy' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["2", "False"]
