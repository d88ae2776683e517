"""What any bytes must do to each reader: be taken, or be refused by an error of ours that says why; nothing else.

Hypothesis calls these in the test suite, libFuzzer (by way of Atheris) in `make fuzz`.
"""

import gzip
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from traindrop.artifacts import unpack
from traindrop.checks import check_test_data, check_training_data
from traindrop.config import TrainingConfig, parse_config
from traindrop.dataset import read
from traindrop.errors import EvaluationFailed, Rejected, TraindropError
from traindrop.headerless import check_prepared

MAX_BYTES, MAX_FILES = 100_000, 20


class Fault(Exception):
    """A reader did what it must not."""


def csv(data: bytes) -> None:
    """The first two bytes choose what is asked for, the rest is the file. What is accepted can be read whole."""
    how, body = data[:2], data[2:]
    if len(how) < 2:
        return
    task = ("auto", "binary", "multiclass", "regression")[how[0] % 4]
    complete, target = how[1] % 2 == 0, ("y", None)[how[1] // 2 % 2]
    _refused_or_taken(lambda: check_prepared(body, complete=complete, task=task, file="x.csv"), Rejected)
    try:
        found = check_training_data(body, complete=complete, target=target, task=task, drop=(), file="x.csv")
    except Rejected as error:
        _check(error)
        return
    for note in found.notes:
        _check_text(note)
    if complete:
        rows = sum(batch.rows for batch in read(io.BytesIO(body), found.schema))
        if rows != found.rows:
            raise Fault(f"{rows} rows were read, and {found.rows} were counted")
        check_test_data(body, complete=True, training=found, file="x.csv")


def yaml(data: bytes) -> None:
    """A config that is taken is one that is taken again."""

    def parse() -> None:
        config = parse_config(data, file="training.yaml")
        if TrainingConfig.model_validate(config.model_dump()) != config:
            raise Fault(f"{config!r} is another when it is read again")

    _refused_or_taken(parse, Rejected)


def tar(data: bytes) -> None:
    """Nothing is written outside the folder, nothing but plain files and folders, and no more than allowed.

    The first byte chooses: the rest is a tar as it is, or one with the checksums of its headers made right. It is
    compressed here: few changes of compressed bytes come through to the tar.
    """
    how, content = data[:1], data[1:]
    archive = gzip.compress(_with_checksums(content) if how == b"\0" else content, 0)
    with tempfile.TemporaryDirectory(prefix="fuzz-tar-") as name:
        inside = Path(name) / "in"
        _refused_or_taken(
            lambda: unpack(io.BytesIO(archive), inside, max_bytes=MAX_BYTES, max_files=MAX_FILES), EvaluationFailed
        )
        if [path.name for path in Path(name).iterdir()] not in ([], ["in"]):
            raise Fault("something was written outside the folder")
        written = list(inside.rglob("*"))
        if any(path.is_symlink() or not (path.is_file() or path.is_dir()) for path in written):
            raise Fault("something was written that is neither a file nor a folder")
        if sum(path.stat().st_size for path in written if path.is_file()) > MAX_BYTES:
            raise Fault("more was written than allowed")


def _with_checksums(tar: bytes) -> bytes:
    """Else nearly every change would end at the first header's checksum."""
    mended = bytearray(tar)
    for start in range(0, len(mended) - 511, 512):
        header = mended[start : start + 512]
        if header[257:262] == b"ustar":
            total = sum(header[:148]) + 8 * 32 + sum(header[156:])
            mended[start + 148 : start + 156] = b"%06o\0 " % total
    return bytes(mended)


TARGETS: dict[str, Callable[[bytes], None]] = {"csv": csv, "yaml": yaml, "tar": tar}


def _refused_or_taken(call: Callable[[], object], refusal: type[TraindropError]) -> None:
    try:
        call()
    except refusal as error:
        _check(error)


def _check(error: TraindropError) -> None:
    _check_text(str(error))


def _check_text(text: str) -> None:
    """It goes into the ledger and into a mail: it says something, is of bounded length, and can be encoded."""
    if not text.strip() or len(text) > 10_000:
        raise Fault(f"a reason of {len(text)} characters")
    text.encode()
