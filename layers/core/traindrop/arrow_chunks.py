"""A CSV in chunks by Arrow, up to the first block that is not plain; from there on by the standard library.

Arrow and numpy, 3.10-safe: bundled with training scripts.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from traindrop.arrow_cells import NULLS, ArrowCells
from traindrop.cells import MISSING
from traindrop.column_cells import Cells
from traindrop.cores import usable_cores
from traindrop.csv_rows import Chained, Readable, Table, rows_after
from traindrop.in_order import InOrder
from traindrop.plain_blocks import Blocks, NotPlain, header_line, lines_of
from traindrop.text_chunks import Chunk, text_chunks

# Of wider files a block has a few rows, and Arrow takes a while for each column of each block.
UP_TO_COLUMNS = 500

T = TypeVar("T")


class ArrowChunks:
    """A CSV of which `head` was read already. Raises NotPlain where Arrow is not for it."""

    def __init__(self, table: Table, head: bytes, stream: Readable) -> None:
        self.header, self.delimiter, self._table = table.header, table.delimiter, table
        if len(table.header) > UP_TO_COLUMNS or table.header[0] in MISSING:
            raise NotPlain
        end = header_line(head, table.delimiter)
        self._blocks = Blocks(head[end:], stream)

    def each(self, work: Callable[[Chunk], T], wanted: Iterable[int]) -> Iterator[T]:
        """As `traindrop.chunks.Chunks` has it."""
        positions = sorted({0, *wanted})

        def worked_on(body: bytes) -> tuple[int, T]:
            lines = lines_of(body, self.delimiter)
            return lines, work(ArrowChunk(body, self._table.first, self.delimiter, positions))

        lines, in_order = 1, InOrder(worked_on, usable_cores())
        try:
            for more, found in in_order.results(self._blocks):
                lines += more
                yield found
            return
        except NotPlain:
            unread = Chained(b"".join(in_order.left), self._blocks.rest())
        finally:
            pa.default_memory_pool().release_unused()  # some 30 MB, which whatever comes next can use
        yield from map(work, text_chunks(rows_after(unread, self._table, lines), len(self.header)))


class ArrowChunk:
    """Some rows. Raises NotPlain where Arrow does not split the block into rows of `header`'s width."""

    def __init__(self, body: bytes, header: list[str], delimiter: str, positions: Iterable[int]) -> None:
        """`positions`: those of the columns that are wanted, and 0."""
        names = [str(position) for position in range(len(header))]
        try:
            self._table = pyarrow.csv.read_csv(
                pa.py_buffer(body),
                pyarrow.csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=names),
                pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in body),
                pyarrow.csv.ConvertOptions(
                    check_utf8=False,  # it was checked
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=[names[position] for position in positions],
                    null_values=NULLS,
                    strings_can_be_null=True,
                ),
            ).combine_chunks()
        except pa.ArrowInvalid as error:
            raise NotPlain from error
        self._cells: dict[int, ArrowCells] = {}
        if pc.any(pc.equal(pc.utf8_ltrim(self._table["0"], characters=" "), header[0])).as_py():
            raise NotPlain  # perhaps the header again

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def column(self, position: int) -> Cells:
        if position not in self._cells:
            chunks = self._table[str(position)].chunks
            self._cells[position] = ArrowCells(chunks[0] if chunks else pa.array([], pa.string()))
        return self._cells[position]
