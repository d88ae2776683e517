"""Bytes to rows: what is no CSV is refused with a message that says what it is, where, and how to mend it."""

import csv
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traindrop.csv_rows import DatasetError, open_table
from traindrop.dataset import examine


def zipped(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "a,b\n1,2\n")
    return packed.getvalue()


def rows_of(body: bytes) -> list[tuple[int, list[str]]]:
    return list(open_table(io.BytesIO(body)).rows)


NOT_CSV = {
    "empty": (b"", "the file is empty"),
    "only a byte order mark": (b"\xef\xbb\xbf", "the file is empty"),
    "only blank lines": (b"\n  \n\r\n", "the file is empty"),
    "only a header": (b"a,b,c\n", "a header and no rows"),
    "only a header, no newline": (b"a,b,c", "a header and no rows"),
    "gzip": (gzip.compress(b"a,b\n1,2\n"), "gzip file"),
    "zip": (zipped("a.csv"), "zip file"),
    "Excel": (zipped("[Content_Types].xml"), "Excel file"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "old Excel file"),
    "Parquet": (b"PAR1\x15\x04", "Parquet file"),
    "JSON": (b'{"a": 1, "b": 2}\n', "JSON"),
    "HTML": (b"<!doctype html><html>", "HTML"),
    "UTF-16 with its mark": ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    "UTF-16 without": ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16"),
    "zero bytes": (bytes(range(256)), "binary file"),
    "control characters and bytes": (b"a,b\n\x01\x02\xff,1\n", "line 2: this is a binary file"),
    "zero byte far down": (b"a,b\n" + b"1,2\n" * 20_000 + b"\0,2\n", "line 20002 holds a zero byte"),
    "one column": (b"a\n1\n2\n", "only one column was found"),
    "another delimiter": (b"a|b\n1|2\n", "comma, semicolon or tab"),
}


@pytest.mark.parametrize("what", NOT_CSV)
def test_what_is_no_csv_is_refused_by_what_it_is(what: str) -> None:
    body, message = NOT_CSV[what]
    with pytest.raises(DatasetError, match=message):
        examine(body, complete=True)


def test_latin_1_is_refused_with_line_character_and_byte() -> None:
    with pytest.raises(DatasetError, match=r"line 3, character 4: byte 0xFC is not UTF-8.*Latin-1.*iconv"):
        examine("name,y\nabc,1\nxyzüh,1\n".encode("latin-1"), complete=True)


def test_utf_8_with_a_byte_order_mark_has_none_in_its_first_column_name() -> None:
    assert open_table(io.BytesIO("größe,b\n1,2\n".encode("utf-8-sig"))).header == ("größe", "b")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_even_where_cells_hold_the_others(delimiter: str) -> None:
    table = io.StringIO(newline="")
    others = "".join({",", ";", "\t"} - {delimiter})
    csv.writer(table, delimiter=delimiter).writerows([["a", f"b{others}", "c"]] + [["1,5", f"x{others}", "3"]] * 9)
    assert open_table(io.BytesIO(table.getvalue().encode())).delimiter == delimiter


def test_a_ragged_row_is_named_by_its_line_in_the_file_not_by_its_number() -> None:
    body = b'a,b\n"one\ntwo\nthree",2\n\n1,2,3\n'
    with pytest.raises(DatasetError, match=r"line 6 has 3 fields, the header has 2 \(separated by comma\): '1,2,3'"):
        rows_of(body)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_counts_as_one_line(newline: str) -> None:
    body = newline.join(["a,b", "1,2", "", "3,4", "5"]).encode()
    with pytest.raises(DatasetError, match="line 5 has 1 fields"):
        rows_of(body)


def test_a_header_that_appears_twice_is_rejected_with_its_line() -> None:
    with pytest.raises(DatasetError, match="line 4 is the header again"):
        rows_of(b"a,b\n1,2\n3,4\na,b\n")


def test_a_quote_that_is_never_closed_is_named_by_the_line_that_opens_it() -> None:
    with pytest.raises(DatasetError, match=r"line 3: a quote .* never closed"):
        rows_of(b'a,b\n1,2\n"3,4\n5,6\n')


def test_a_monstrous_cell_is_an_error_and_no_crash() -> None:
    with pytest.raises(DatasetError, match=r"line 2: a cell is longer than 131,072 characters"):
        rows_of(b'a,b\n1,"' + b"x\n" * 100_000 + b'"\n')


def test_a_line_without_end_is_not_read_into_memory() -> None:
    with pytest.raises(DatasetError, match="line 1 is longer than 16,777,216 characters"):
        rows_of(b"x" * (17 * 2**20))


class Trickle:
    """A stream that gives three bytes at a time and cannot seek, as a socket may."""

    def __init__(self, body: bytes) -> None:
        self._body = io.BytesIO(body)

    def read(self, size: int = -1, /) -> bytes:
        return self._body.read(min(size, 3))


def test_a_stream_needs_nothing_but_read() -> None:
    body = "größe,b\n" + "ä,2\n" * 50
    assert list(open_table(Trickle(body.encode())).rows) == [(line, ["ä", "2"]) for line in range(2, 52)]


@pytest.mark.parametrize("cut", range(1, 13))
def test_the_partial_last_line_of_a_sample_is_ignored(cut: int) -> None:
    whole = "a,b\n1,2\n3,ü\n" + "long,row ü\n"
    sample = whole.encode()[:-cut]
    assert examine(sample, complete=False).rows == 2


def test_a_sample_that_ends_inside_a_quoted_cell_loses_that_row_only() -> None:
    assert examine(b'a,b\n1,2\n3,"four\nand\nmore', complete=False).rows == 1


def test_a_sample_without_a_line_end_says_so() -> None:
    with pytest.raises(DatasetError, match=r"line 1 does not end within 4,000 bytes"):
        examine(b"a,b," * 1000, complete=False)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12),
    newline=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
    last_newline=st.booleans(),
)
def test_any_quoted_file_is_split_as_the_csv_module_splits_it(
    rows: list[tuple[str, str, str]], newline: str, mark: bool, last_newline: bool
) -> None:
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows([("A", "B", "C"), *rows])
    text = table.getvalue() if last_newline else table.getvalue().removesuffix(newline)
    read = rows_of(text.encode("utf-8-sig" if mark else "utf-8"))
    assert [cells for _, cells in read] == list(csv.reader(io.StringIO(text, newline="")))[1:]
