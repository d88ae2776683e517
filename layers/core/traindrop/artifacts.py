"""model.tar.gz and output.tar.gz, unpacked without trusting them.

Whatever a training script wrote ends up in these archives, and the evaluator opens them with rights
to the bucket. So nothing in them decides where a file goes, how much is written or what is executed.
"""

import gzip
import io
import os
import re
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from traindrop.errors import EvaluationFailed

MAX_BYTES = 1 << 30
MAX_FILES = 1000
_CHUNK = 1 << 20
# What the archive may hold between two files: headers with long names, padding, the end marker.
_HEADER_ALLOWANCE = 1 << 20
_MAX_PART = 255  # NAME_MAX of the file systems we write to
_MAX_NAME = 1024
_PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib"})
# PROTO opcode and version; protocols 0 and 1 have no mark (CPython, Lib/pickle.py).
_PICKLE_START = re.compile(rb"\x80[\x02-\x05]")
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.FIFOTYPE: "a FIFO",
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
}
_TO_MEND = "Write plain files and folders into SM_MODEL_DIR and SM_OUTPUT_DATA_DIR, and train again."


class ArtifactError(EvaluationFailed):
    """An archive that must not or cannot be unpacked; the message names the member and the reason."""


def unpack(
    archive: BinaryIO | Path,
    folder: Path,
    *,
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
    name: str | None = None,
    only: Collection[str] | None = None,
    pickles: bool = False,
) -> list[Path]:
    """Unpack the gzipped tar `archive` into `folder` (made if absent) and return the files written.

    With `only`, files under other paths are passed over: they may be pickles, since nobody opens them.

    `archive` is read once, forwards, a chunk at a time: the body of an S3 object will do. `name` is
    what messages call it. `max_bytes` counts unpacked bytes, `max_files` files and folders. With `pickles`
    those are written too: for a person, who reads them or does not.

    Raises `ArtifactError` for absolute paths, `..`, links, devices, sparse files, names given twice,
    pickles (by suffix, and by the first bytes of pickle protocols 2 to 5), more than the limits, and
    an archive that is damaged or cut short. Files unpacked before that stay: give a folder of its own.
    """
    if isinstance(archive, Path):
        with archive.open("rb") as stream:
            return unpack(
                stream, folder, max_bytes=max_bytes, max_files=max_files, name=name or archive.name, only=only,
                pickles=pickles,
            )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    with _damage_named(name or "the archive"):
        return _unpack(archive, folder, _Limits(max_bytes, max_files, only, pickles), name or "the archive")


@dataclass(frozen=True)
class _Limits:
    """What of an archive is written."""

    max_bytes: int
    max_files: int
    only: Collection[str] | None
    pickles: bool

    def want(self, member: tarfile.TarInfo) -> bool:
        return self.only is None or PurePosixPath(member.name).as_posix() in self.only


class _Metered(io.RawIOBase):
    """Reads from a decompressor, and refuses to go beyond what the caller has allowed so far.

    tarfile reads extended headers whole into memory and believes the length they state; this is
    what bounds them, and the time spent on an archive that never ends.
    """

    def __init__(self, stream: gzip.GzipFile, name: str) -> None:
        self._stream = stream
        self._name = name
        self._left = 0

    def allow(self, count: int) -> None:
        self._left = count + _HEADER_ALLOWANCE

    def read(self, size: int = _CHUNK, /) -> bytes:
        found = self._stream.read(min(size, self._left + 1))
        self._left -= len(found)
        if self._left < 0:
            raise ArtifactError(
                f"{self._name}: more than {_HEADER_ALLOWANCE:,} bytes that belong to no file. {_TO_MEND}"
            )
        return found


def _unpack(archive: BinaryIO, folder: Path, limits: _Limits, name: str) -> list[Path]:
    written: list[Path] = []
    total = 0
    with gzip.GzipFile(fileobj=archive) as unzipped:
        metered = _Metered(unzipped, name)
        metered.allow(0)
        with tarfile.open(fileobj=metered, mode="r|") as tar:
            for count, member in enumerate(tar, start=1):
                if count > limits.max_files:
                    raise _refusal(name, member.name, f"it is one of more than {limits.max_files:,} files")
                total += member.size if member.isreg() else 0
                if total > limits.max_bytes:
                    raise _refusal(name, member.name, f"with it the files take more than {limits.max_bytes:,} bytes")
                target = _destination(member, folder, name)
                metered.allow(member.size)
                if not limits.want(member):
                    _pass_over(tar, member, name)
                elif _put(tar, member, target, name, pickles=limits.pickles):
                    written.append(target)
                metered.allow(0)
        while metered.read(_CHUNK):  # to the end: the checksum of the gzip stream stands there
            pass
    return written


def _destination(member: tarfile.TarInfo, folder: Path, name: str) -> Path:
    """Where the member may be written; refuses whatever is not a plain file or folder below `folder`."""
    if not (member.isreg() or member.isdir()):
        raise _refusal(name, member.name, f"it is {_KINDS.get(member.type, 'neither a file nor a folder')}")
    if member.size < 0:
        raise _refusal(name, member.name, "it states a negative size")
    if member.issparse():
        raise _refusal(name, member.name, "it is a sparse file")
    path = PurePosixPath(member.name)
    if path.is_absolute() or PureWindowsPath(member.name).drive or "\\" in member.name:
        raise _refusal(name, member.name, "its path is absolute or not a POSIX path")
    if ".." in path.parts:
        raise _refusal(name, member.name, "its path leads out of the folder with `..`")
    if not member.name.isprintable():
        raise _refusal(name, member.name, "its name holds characters that cannot be printed")
    if len(os.fsencode(member.name)) > _MAX_NAME or any(len(os.fsencode(p)) > _MAX_PART for p in path.parts):
        raise _refusal(name, member.name, "its name is too long")
    try:
        # The second line of defence: it also follows links that were in the folder before.
        tarfile.data_filter(member, str(folder))
    except tarfile.FilterError as error:
        raise _refusal(name, member.name, str(error)) from error
    return folder / path


def is_pickle(file: Path) -> bool:
    """Whether reading the file may run whatever code it holds: by suffix, and by its first bytes."""
    with file.open("rb") as stream:
        return file.suffix.lower() in _PICKLE_SUFFIXES or _PICKLE_START.match(stream.read(2)) is not None


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, name: str, *, pickles: bool) -> bool:
    """Make the folder or write the file; True for a file."""
    if not pickles and member.isreg() and target.suffix.lower() in _PICKLE_SUFFIXES:
        raise _pickle(name, member.name)
    try:
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as output:
            _copy(tar, member, output, name, pickles=pickles)
    except (FileExistsError, NotADirectoryError) as error:
        raise _refusal(name, member.name, "another file has the same path") from error
    return True


def _pass_over(tar: tarfile.TarFile, member: tarfile.TarInfo, name: str) -> None:
    """Read a file to its end all the same: one that is cut short, or a bomb, is found."""
    source = tar.extractfile(member) if member.isreg() else None
    passed = 0
    while source and (chunk := source.read(_CHUNK)):
        passed += len(chunk)
    if source and passed != member.size:
        raise _refusal(name, member.name, f"it ends after {passed:,} of {member.size:,} bytes")


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, output: BinaryIO, name: str, *, pickles: bool) -> None:
    source = tar.extractfile(member)
    copied = 0
    while source and (chunk := source.read(_CHUNK)):
        if not pickles and not copied and _PICKLE_START.match(chunk):
            raise _pickle(name, member.name)
        copied += output.write(chunk)
    if copied != member.size:
        raise _refusal(name, member.name, f"it ends after {copied:,} of {member.size:,} bytes")


@contextmanager
def _damage_named(name: str) -> Iterator[None]:
    """Turns what gzip and tarfile raise for a damaged archive into one sentence. Disk errors pass."""
    try:
        yield
    except gzip.BadGzipFile as error:
        raise ArtifactError(f"{name} is not a gzip file, or is damaged: {error}. {_TO_MEND}") from error
    except EOFError as error:
        raise ArtifactError(f"{name} is cut short: {error} Train again.") from error
    except RecursionError as error:  # tarfile follows a chain of extended headers by recursion
        raise ArtifactError(f"{name}: too many extended headers before a file. {_TO_MEND}") from error
    except (tarfile.TarError, zlib.error, ValueError, OverflowError) as error:
        raise ArtifactError(f"{name} is not a tar archive, or is damaged: {error}. {_TO_MEND}") from error


def _refusal(name: str, member: str, reason: str) -> ArtifactError:
    return ArtifactError(f"{name}: {member[:200]!a} is refused: {reason}. {_TO_MEND}")


def _pickle(name: str, member: str) -> ArtifactError:
    return ArtifactError(
        f"{name}: {member[:200]!a} is refused: it is a pickle, and reading one runs whatever code it "
        "holds. Save the model in its library's own format (XGBoost: model.ubj), or write predictions.csv."
    )
