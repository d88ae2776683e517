"""A file shared out by byte range: every row is in one range, and the columns are those of the whole."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.awkward_files import FILES, csv_of

from traindrop import byte_ranges
from traindrop.byte_ranges import Share, cuts
from traindrop.csv_rows import DatasetError, Readable, open_table
from traindrop.findings import found, survey, tallied
from traindrop.plain_blocks import NotPlain


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Else every file here is too small to share."""
    with monkeypatch.context() as patch:
        patch.setattr(byte_ranges, "LONGEST_LINE", 400)
        yield


def shares(path: Path, readers: int) -> list[Share]:
    ranges = cuts(path, readers)
    quotes = [ranges.quotes(reader) for reader in range(readers)]
    return [ranges.share(quotes, reader) for reader in range(readers)]


def rows_in(stream: Readable) -> list[list[str]]:
    return [cells for _, cells in open_table(stream).rows]


def rows_shared(path: Path, readers: int) -> list[list[str]]:
    return [row for each in shares(path, readers) for row in rows_in(each.open())]


def test_every_row_is_in_one_range_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    cells = ['"one\ntwo"', "plain", '"with ""quotes"" and\r\n newlines,\n and commas"', "3"]
    path.write_bytes(csv_of(cells * 100))
    for readers in (2, 3, 5):
        assert rows_shared(path, readers) == rows_in(io.BytesIO(path.read_bytes()))
        assert all(each.is_plain() for each in shares(path, readers))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(['"a\nb"', '"""\n"""', '"\n"', "x", '""', '",\n,"']), min_size=1), st.integers(2, 6))
def test_wherever_a_cut_falls_no_row_is_lost_or_split(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str], readers: int
) -> None:
    path = tmp_path_factory.mktemp("shares") / "train.csv"
    path.write_bytes(csv_of(cells * (1 + 1200 // len(cells))))
    assert rows_shared(path, readers) == rows_in(io.BytesIO(path.read_bytes()))


def test_quotes_that_only_look_like_quotes_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes(csv_of(['5" pipe', "6", "7"] * 300))
    assert not all(each.is_plain() for each in shares(path, 2))


def test_a_small_file_and_an_odd_header_are_not_shared(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    for body in (csv_of(["1", "2"]), FILES["a header across lines"] * 50, b"\n" + csv_of(["1"] * 999)):
        path.write_bytes(body)
        with pytest.raises(NotPlain):
            shares(path, 2)


@pytest.mark.parametrize("what", FILES)
def test_ranges_counted_apart_are_the_columns_of_the_whole(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_ranges, "LONGEST_LINE", 40)
    path = tmp_path / "train.csv"
    path.write_bytes(FILES[what])
    try:
        whole = survey(io.BytesIO(FILES[what]))
        ranges = shares(path, 3)
    except (DatasetError, NotPlain):
        return  # one reader reads it whole
    if not all(each.is_plain() for each in ranges):
        return  # one reader reads it whole
    first, *others = [tallied(each.open()) for each in ranges]
    for other in others:
        first.merge(other)
    merged = found(first)
    for one, other_column in zip(merged.columns, whole.columns, strict=True):
        facts = ("name", "kind", "style", "rows", "missing", "nones", "many", "integers", "row_number", "daytime")
        assert {fact: getattr(one, fact) for fact in facts} == {fact: getattr(other_column, fact) for fact in facts}
        if not whole.columns[0].many:
            assert one.counts == other_column.counts
