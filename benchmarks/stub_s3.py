"""An S3 on the loopback with objects of any size that lie nowhere: CSVs of one block of rows over and over.

Speaks what `traindrop.aws` asks for: HEAD and GET with a range, under the address of the bucket. Counts what it sends.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from benchmarks.loopback import serving

BUCKET = "benchmark"
ETAG = "0123456789abcdef0123456789abcdef"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_PIECE = 4 * 1024**2


@dataclass(frozen=True)
class Rows:
    """An object's bytes: `header`, then `block` over and over. An object's key is its size in bytes and `.csv`."""

    header: bytes
    block: bytes

    def pieces(self, start: int, end: int) -> Iterator[memoryview]:
        """The bytes from `start` to before `end`, in pieces."""
        header, block = memoryview(self.header), memoryview(self.block)
        while start < end:
            whole, at = (header, start) if start < len(header) else (block, (start - len(header)) % len(block))
            piece = whole[at : at + min(end - start, _PIECE)]
            yield piece
            start += len(piece)


@dataclass
class Sent:
    """What was asked for, and what was sent, since the last reset."""

    url: str = ""
    requests: int = 0
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, number: int) -> None:
        with self.lock:
            self.requests, self.bytes = self.requests + 1, self.bytes + number

    def reset(self) -> None:
        self.requests = self.bytes = 0


@contextmanager
def stub_s3(rows: Rows) -> Iterator[Sent]:
    sent = Sent()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(200, 0, self._size())
            sent.count(0)

        def do_GET(self) -> None:
            size = self._size()
            asked = _RANGE.fullmatch(self.headers.get("Range", ""))
            start, end = (int(asked[1]), min(int(asked[2]) + 1, size)) if asked else (0, size)
            self._answer(206 if asked else 200, start, end)
            for piece in rows.pieces(start, end):
                self.wfile.write(piece)
            sent.count(end - start)

        def _size(self) -> int:
            return int(self.path.rpartition("/")[2].partition(".")[0])

        def _answer(self, status: int, start: int, end: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(end - start))
            self.send_header("Content-Type", "text/csv")
            self.send_header("ETag", f'"{ETAG}"')
            self.send_header("Last-Modified", "Wed, 25 Nov 2026 00:00:00 GMT")
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{self._size()}")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: the table is the output."""

    with serving(Handler) as sent.url:
        yield sent
