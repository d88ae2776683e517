"""Inputs of a hostile size, made while they are read; each function reads one and lets the refusal out.

Work is counted in bytes read, not in seconds.
"""

import gzip
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from traindrop import arrow_chunks  # noqa: F401 - reading imports it, and its libraries take memory by themselves
from traindrop.artifacts import unpack
from traindrop.checks import check_training_data
from traindrop.config import MAX_BYTES, parse_config
from traindrop.csv_rows import open_table
from traindrop.dataset import Schema, read

MIB = 1 << 20
HUNDRED_THOUSAND = 100_000


class Made:
    """A stream that is made while it is read; `given` counts what was read of it."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest, self.given = parts, b"", 0

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        found, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(found)
        return found

    def spent(self, most: int) -> None:
        assert self.given <= most, f"{self.given:,} bytes were read, {most:,} at most"


def zeros(mebibytes: int) -> Iterator[bytes]:
    """A gzip stream of so many MiB of zeros; streams may be joined."""
    block = gzip.compress(bytes(16 * MIB), compresslevel=9)
    return (block for _ in range(mebibytes // 16))


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT))


def joined(*parts: Iterator[bytes] | bytes) -> Iterator[bytes]:
    for part in parts:
        yield from [part] if isinstance(part, bytes) else part


TEN_GB = 10 << 30


def unpacked(folder: Path, stream: Made) -> None:
    """Nothing of the default limits is changed: they are the evaluator's own."""
    try:
        unpack(stream, folder / "in")  # type: ignore[arg-type]
    finally:
        stream.spent(2 * MIB)  # of some 10 MB
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) == 0


def a_file_of_ten_gigabytes(folder: Path) -> None:
    unpacked(folder, Made(joined(header("model.ubj", TEN_GB), zeros(10 << 10))))


def a_header_of_ten_gigabytes(folder: Path) -> None:
    unpacked(folder, Made(joined(header("././@PaxHeader", TEN_GB, tarfile.XHDTYPE), zeros(10 << 10))))


def a_long_name_of_ten_gigabytes(folder: Path) -> None:
    unpacked(folder, Made(joined(header("././@LongLink", TEN_GB, tarfile.GNUTYPE_LONGNAME), zeros(10 << 10))))


def ten_gigabytes_behind_the_last_file(folder: Path) -> None:
    unpacked(folder, Made(joined(header("empty", 0), zeros(10 << 10))))


def many_files_of_ten_gigabytes_together(folder: Path) -> None:
    """The limit is lowered, so that the test does not write a gigabyte."""
    member = tarfile.TarInfo("")
    member.size = MIB
    names = (f"{number}" for number in range(10 << 10))

    def members() -> Iterator[bytes]:
        for name in names:
            member.name = name
            yield gzip.compress(member.tobuf() + bytes(MIB), compresslevel=9)

    stream = Made(members())
    try:
        unpack(stream, folder / "in", max_bytes=64 * MIB)  # type: ignore[arg-type]
    finally:
        stream.spent(2 * MIB)
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 64 * MIB


def a_csv(*parts: bytes, times: int) -> Made:
    """The parts, and the last one of them so many times."""
    return Made(joined(*parts[:-1], (parts[-1] for _ in range(times))))


def rows_of(stream: Made, most: int) -> None:
    try:
        for _ in open_table(stream).rows:
            pass
    finally:
        stream.spent(most)


def a_header_line_of_200_mb(_folder: Path) -> None:
    rows_of(a_csv(b"a,b,", b"x" * MIB, times=200), 18 * MIB)


def a_line_of_200_mb_of_letters_of_four_bytes(_folder: Path) -> None:
    rows_of(a_csv(b"a,b\n1,", "\N{GRINNING FACE}".encode() * (MIB // 4), times=200), 66 * MIB)


def a_line_of_200_mb_of_many_cells(_folder: Path) -> None:
    rows_of(a_csv(b"a,b\n1,2\n", b"1," * (MIB // 2), times=200), 18 * MIB)


def a_quoted_cell_of_200_mb(_folder: Path) -> None:
    rows_of(a_csv(b'a,b\n1,"', b"x\n" * (MIB // 2), times=200), 2 * MIB)


def a_line_of_200_mb_in_scoring(_folder: Path) -> None:
    stream = a_csv(b"a,y\n1,2\n3,", b"x" * MIB, times=200)
    try:
        list(read(stream, Schema("y", "regression", (), ())))
    finally:
        stream.spent(18 * MIB)


def zero_bytes_from_the_start(_folder: Path) -> None:
    rows_of(a_csv(bytes(MIB), times=200), MIB)


def zero_bytes_after_a_good_beginning(_folder: Path) -> None:
    rows_of(a_csv(b"a,b\n", b"1,2\n" * 50_000, b"1,\0\n" * (MIB // 4), times=200), 2 * MIB)


def a_table(columns: int, rows: int) -> bytes:
    names = ",".join([*(f"c{number}" for number in range(columns - 1)), "y"])
    row = "1," * (columns - 1)
    return "\n".join([names, *(row + "ab"[number % 2] for number in range(rows)), ""]).encode()


def checked(body: bytes, complete: bool) -> None:
    check_training_data(body, complete=complete, target=None, task="auto", drop=(), file="x.csv")


def a_hundred_thousand_columns(_folder: Path) -> None:
    checked(a_table(HUNDRED_THOUSAND, 1), complete=True)


def half_a_million_columns(_folder: Path) -> None:
    """As many as the first MiB of a file holds, which is what the launcher looks at."""
    checked(b"a," * (MIB // 2 - 1) + b"y\n", complete=False)


def as_many_columns_as_are_read_and_no_rows(_folder: Path) -> None:
    """What is allowed has to fit into the launcher's memory, too."""
    checked(a_table(50_000, 1), complete=True)


LAUGHS = "\n".join(
    ["a0: &a0 [ha, ha, ha, ha]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))]
)


def anchors_that_explode(_folder: Path) -> None:
    parse_config(LAUGHS.encode(), file="training.yaml")


def fields_that_are_all_unknown(_folder: Path) -> None:
    text = "\n".join(f"f{number:x}:" for number in range(9000)).encode()
    assert len(text) < MAX_BYTES
    parse_config(text, file="training.yaml")


def brackets_without_end(_folder: Path) -> None:
    parse_config(b"[" * MAX_BYTES, file="training.yaml")


def a_config_of_50_mb(_folder: Path) -> None:
    """Read as the launcher reads it, from a body as S3's."""
    from traindrop import aws  # boto3: the other cases start without it

    body: Any = a_csv(b"target: ", b"x" * MIB, times=50)
    opened: Any = {"Body": body, "Metadata": {}}
    with mock.patch.object(aws, "_opened", return_value=opened):
        found = aws.read_object("bucket", "training.yaml", max_bytes=MAX_BYTES)
    assert found is not None
    body.spent(MAX_BYTES + 1)
    parse_config(found.body, file="training.yaml")


def more_memory_than_allowed(_folder: Path) -> None:
    bytes(64 * MIB)
