"""Bytes to rows: encoding, delimiter and quoting of a CSV, each row with its line number in the file.

Standard library only and Python 3.10-safe: bundled with training scripts.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from traindrop.cells import is_number

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
HEAD_BYTES = 65536  # enough to see magic bytes and the first lines of all but absurdly wide files
MAX_LINE = 16 * 2**20  # characters; one line is held in memory, so its length has to have an end
SNIFFED_ROWS = 50
# Each column takes 2 kB to examine; wider tables than those of genes are hardly made by people.
MAX_COLUMNS = 50_000

# The first bytes of what people rename to .csv: https://en.wikipedia.org/wiki/List_of_file_signatures
MAGIC = (
    (b"\x1f\x8b", "a gzip file", "unpack it (gunzip)"),
    (b"PAR1", "a Parquet file", "write it as CSV (pandas: read_parquet(…).to_csv(…, index=False))"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)", "save it as CSV UTF-8"),
    (b"BZh", "a bzip2 file", "unpack it (bunzip2)"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it (unxz)"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it (unzstd)"),
    (b"7z\xbc\xaf", "a 7-Zip file", "unpack it"),
    (b"ARROW1", "an Arrow or Feather file", "write it as CSV"),
    (b"\x89HDF", "an HDF5 file", "write it as CSV"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
    (b"\x93NUMPY", "a NumPy file", "write it as CSV"),
    (b"%PDF", "a PDF", "export the table as CSV"),
    (b"\xff\xfe", "UTF-16 text", "save it as CSV UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it as CSV UTF-8"),
    (b"{", "JSON", "write it as CSV"),
    (b"[{", "JSON", "write it as CSV"),
    (b"<", "HTML or XML", "write it as CSV"),
)
# Ends the input of csv.reader. A line that holds a lone surrogate is refused, so no file can contain it.
_END = "\udfff"


class DatasetError(Exception):
    """The file cannot be used as it is. The message is for the person who made it: where, what was found,
    what is expected and how to mend it. It does not name the file: whoever knows the name puts it in
    front. `cells` are those parts of the message that stand in the file's rows."""

    def __init__(self, message: str, *cells: str) -> None:
        super().__init__(message)
        self.cells = cells

    def for_log(self) -> str:
        """The message without the cells, since a log is read by more people than the file."""
        text = str(self)
        for cell in self.cells:
            text = text.replace(cell, "…")
        return text


@contextmanager
def named(file: str) -> Iterator[None]:
    """Puts the file's name in front of what is wrong with it."""
    try:
        yield
    except DatasetError as error:
        raise DatasetError(f"{file}: {error}", *error.cells) from error


class Readable(Protocol):
    """All that is needed of a stream, so that an S3 response body will do."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Table:
    """An open CSV. `rows` can be walked once, gives (line number of the row's first line, cells), has as many
    cells in every row as `header`, skips blank lines, and raises DatasetError where the file goes wrong.
    `header` is stripped, `first` the same row as it stands there."""

    delimiter: str
    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    first: list[str]


def open_table(stream: Readable, *, complete: bool = True) -> Table:
    """Starts to read a CSV: UTF-8 with or without a byte order mark, cells separated by `,`, `;` or tab.

    With `complete=False` the stream is the beginning of a longer file, cut after a line: where that is inside
    a quoted cell, the row is ignored.
    Raises DatasetError for an empty file, another format or encoding, or a single column.
    """
    head = read_up_to(stream, HEAD_BYTES)
    _check_format(head)
    text = io.TextIOWrapper(
        io.BufferedReader(Chained(head, stream)), encoding="utf-8-sig", errors="surrogateescape", newline=""
    )
    delimiter = _delimiter(head.decode("utf-8-sig", errors="replace"))
    records = _records(_lines(text), delimiter, complete=complete)
    first = next(records, None)
    if first is None:
        raise DatasetError("the file is empty. Expected a header line with column names, then one line per row.")
    header = tuple(cell.strip() for cell in first[1])
    if len(header) == 1:
        found = _shown(header[0])
        raise DatasetError(
            f"line {first[0]}: only one column was found, {found}. Separate the columns by "
            "comma, semicolon or tab; a model needs a target and at least one other column.",
            found,
        )
    if len(header) > MAX_COLUMNS:
        raise DatasetError(too_many_columns(first[0], len(header)))
    return Table(delimiter, header, _regular(records, first[1], delimiter), first[1])


def rows_after(stream: Readable, table: Table, lines: int) -> Iterator[tuple[int, list[str]]]:
    """`rows` of the table from a place in its file on, where a row begins; `lines` come before it in the file."""
    text = io.TextIOWrapper(
        io.BufferedReader(Chained(b"", stream)), encoding="utf-8", errors="surrogateescape", newline=""
    )
    records = _records(_lines(text, lines), table.delimiter, complete=True, lines=lines)
    return _regular(records, table.first, table.delimiter)


class Chained(io.RawIOBase):
    """The bytes already read, then the rest of a stream that need not be seekable."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._rest = io.BytesIO(head), rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        data = self._head.read(len(buffer)) or self._rest.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def read_up_to(stream: Readable, size: int) -> bytes:
    """`size` bytes, fewer at the end only: a raw stream may give fewer than asked for before its end."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _check_format(head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            raise DatasetError("this is an Excel file (.xlsx), not a CSV: save it as CSV UTF-8 and drop that.")
        raise DatasetError("this is a zip file, not a CSV: unpack it and drop the CSV inside.")
    for magic, what, mend in MAGIC:
        if start.startswith(magic):
            raise DatasetError(f"this is {what}, not a CSV in UTF-8: {mend} and drop that.")
    if b"\0" in head:
        # ASCII text in UTF-16 without a byte order mark: every other byte is zero.
        if max(half.count(0) / len(half) for half in (head[:200:2], head[1:200:2]) if half) > 0.9:
            raise DatasetError("this is UTF-16 text, not a CSV in UTF-8: save it as CSV UTF-8 and drop that.")
        raise DatasetError("this is a binary file (it holds zero bytes), not a CSV: export the table as CSV UTF-8.")


def _delimiter(head: str) -> str:
    """The delimiter by which most of the first rows have as many cells as the header, and that the most."""

    def evidence(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row in islice(filter(None, reader), SNIFFED_ROWS)]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] == 1:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    return max(DELIMITERS, key=evidence)


def _lines(text: io.TextIOWrapper, number: int = 0) -> Iterator[str]:
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise DatasetError(f"line {number} is longer than {MAX_LINE:,} characters: this is no CSV of rows.")
        if "\0" in line:
            raise DatasetError(f"line {number} holds a zero byte: this is a binary file or damaged, not a CSV.")
        if not line.isascii():
            _check_decoded(line, number)
        yield line
    yield _END


def _check_decoded(line: str, number: int) -> None:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError as error:
        byte = ord(line[error.start]) - 0xDC00
        if any(character < " " and character not in "\t\r\n\f" for character in line):
            raise DatasetError(f"line {number}: this is a binary file, not a CSV in UTF-8.") from None
        raise DatasetError(
            f"line {number}, character {error.start + 1}: byte 0x{byte:02X} is not UTF-8; the file looks like "
            "Latin-1 (Windows-1252). Save it as CSV UTF-8 (iconv -f WINDOWS-1252 -t UTF-8) and drop that."
        ) from None


def _records(
    texts: Iterator[str], delimiter: str, *, complete: bool, lines: int = 0
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(texts, delimiter=delimiter, skipinitialspace=True)
    while True:
        first = lines + reader.line_num + 1
        try:
            cells = next(reader)
        except csv.Error as error:
            raise _cell_error(first, lines + reader.line_num, error) from None
        if cells == [_END]:
            return
        if cells and cells[-1].endswith(_END):
            if not complete:
                return
            raise DatasetError(
                f'line {first}: a quote (") opens a cell and is never closed, up to the end of the file. '
                'Close it, or write a quote inside a cell twice ("").'
            )
        if len(cells) == 0 or (len(cells) == 1 and not cells[0].strip()):
            continue
        yield first, cells


def _cell_error(first: int, last: int, error: csv.Error) -> DatasetError:
    if "field limit" in str(error):
        return DatasetError(
            f"line {first}: a cell is longer than {csv.field_size_limit():,} characters (read up to line {last}). "
            'Probably a quote (") was opened and not closed; else leave that column out.'
        )
    return DatasetError(f"line {first}: cannot be split into cells ({error}).")


def _regular(
    records: Iterator[tuple[int, list[str]]], header: list[str], delimiter: str
) -> Iterator[tuple[int, list[str]]]:
    width = len(header)
    for line, cells in records:
        if len(cells) != width:
            found = _shown(delimiter.join(cells))
            raise DatasetError(
                f"line {line} has {len(cells)} fields, the header has {width} (separated by "
                f"{DELIMITERS[delimiter]}): {found}. Give each row as many fields as the "
                f'header has columns, and put quotes (") around a cell that holds a {DELIMITERS[delimiter]}.',
                found,
            )
        if cells == header:
            raise DatasetError(_repeated(line, header), _shown(", ".join(header)))
        yield line, cells


def too_many_columns(line: int, columns: int) -> str:
    return f"line {line} has {columns:,} columns, and at most {MAX_COLUMNS:,} are read. Leave out those of no use."


def _repeated(line: int, header: list[str]) -> str:
    if any(is_number(cell, decimal_comma=True) for cell in header):
        # A file without a header is as likely: its first row came up again.
        return (
            f"line 1 looks like data, not like a header, and line {line} repeats it: {_shown(', '.join(header))}. "
            f"Put a line with the column names first; if line 1 is the header, remove line {line}."
        )
    return f"line {line} is the header again. Remove it: one header, then rows of data."


def _shown(text: str, limit: int = 60) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
