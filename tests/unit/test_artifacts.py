"""Archives that mean well, and every hostile one that we know of, each built here."""

import gzip
import hashlib
import io
import os
import pickle
import sys
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from traindrop.artifacts import ArtifactError, is_pickle, unpack
from traindrop.errors import EvaluationFailed

MIB = 1 << 20


def member(name: str, content: bytes = b"", *, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """One member as it stands in a tar: header, content, padding. Nothing is checked on the way in."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, link
    return info.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % 512)


def archive(*members: bytes) -> io.BytesIO:
    return io.BytesIO(gzip.compress(b"".join(members) + bytes(1024), compresslevel=1))


def noise(count: int) -> bytes:
    """Bytes that do not compress, the same ones each time."""
    return hashlib.shake_128(b"noise").digest(count)


def zeros(mib: int) -> bytes:
    """A gzip stream of so many MiB of zeros, made without compressing them all: streams may be joined."""
    return gzip.compress(bytes(16 * MIB), compresslevel=9) * (mib // 16)


def test_files_and_folders_are_written_with_their_content(tmp_path: Path) -> None:
    big = noise(3 * MIB + 7)
    found = unpack(
        archive(
            member(".", kind=tarfile.DIRTYPE),
            member("./model.ubj", big),
            member("deep/er/dataset.json", b"{}"),
            member("empty"),
        ),
        tmp_path / "new",
    )
    assert [path.relative_to(tmp_path / "new").as_posix() for path in found] == [
        "model.ubj",
        "deep/er/dataset.json",
        "empty",
    ]
    assert found[0].read_bytes() == big
    assert (tmp_path / "new/deep/er/dataset.json").read_bytes() == b"{}"


def test_an_archive_made_by_tarfile_itself_is_unpacked_from_a_path(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / ("ä name of many letters " * 8)).write_bytes(b"x")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "model", arcname="./")
    assert len(unpack(tmp_path / "model.tar.gz", tmp_path / "out")) == 1


class OnlyReads:
    """As much of a file as the body of an S3 object offers."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size)


def test_a_stream_that_cannot_seek_will_do(tmp_path: Path) -> None:
    body = OnlyReads(archive(member("a", b"1")).getvalue())
    assert unpack(body, tmp_path) == [tmp_path / "a"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (member("/etc/cron.d/x", b"1"), "'/etc/cron.d/x' is refused: its path is absolute"),
        (member("../x", b"1"), "'../x' is refused: its path leads out of the folder"),
        (member("a/../../x", b"1"), "leads out of the folder"),
        (member("..", kind=tarfile.DIRTYPE), "leads out of the folder"),
        (member("C:/x", b"1"), "its path is absolute or not a POSIX path"),
        (member("..\\x", b"1"), "not a POSIX path"),
        (member("x", kind=tarfile.SYMTYPE, link="/etc/passwd"), "'x' is refused: it is a symbolic link"),
        (member("x", kind=tarfile.LNKTYPE, link="good"), "it is a hard link"),
        (member("x", kind=tarfile.FIFOTYPE), "it is a FIFO"),
        (member("x", kind=tarfile.CHRTYPE), "it is a character device"),
        (member("x", kind=tarfile.BLKTYPE), "it is a block device"),
        (member("x", b"1", kind=b"Z"), "neither a file nor a folder"),
        (member("a\nb", b"1"), "cannot be printed"),
        (member("a\x1b[2Jb", b"1"), "cannot be printed"),
        (member("n" * 300, b"1"), "its name is too long"),
        (member("a/" * 600 + "b", b"1"), "its name is too long"),
        (member("good", b"2"), "another file has the same path"),
        (member("good/below", b"2"), "another file has the same path"),
        (member("good", kind=tarfile.DIRTYPE), "another file has the same path"),
        (member(".", b"2"), "another file has the same path"),
        (member("model.pkl", b"1"), "'model.pkl' is refused: it is a pickle"),
        (member("sub/model.PICKLE", b"1"), "it is a pickle"),
        (member("model.joblib", b"1"), "it is a pickle"),
        (member("model.bin", pickle.dumps({"a": 1}, protocol=2)), "'model.bin' is refused: it is a pickle"),
        (member("model.bin", pickle.dumps({"a": 1}, protocol=5)), "it is a pickle"),
    ],
)
def test_a_member_that_could_do_harm_is_refused_by_name(tmp_path: Path, bad: bytes, reason: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with pytest.raises(ArtifactError) as refused:
        unpack(archive(member("good", b"1"), bad), tmp_path / "in", name="model.tar.gz")
    assert reason in str(refused.value)
    assert str(refused.value).startswith("model.tar.gz: ")
    assert str(refused.value).isprintable()
    whole = [path.name for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size]
    assert whole == ["good"]


def test_pickles_are_written_for_who_wants_them_and_told_from_other_files(tmp_path: Path) -> None:
    files = {"model.joblib": b"1", "model.bin": pickle.dumps({"a": 1}), "model.ubj": b"{}", "empty": b""}
    found = unpack(archive(*(member(*file) for file in files.items())), tmp_path / "all", pickles=True)
    assert {path.name: path.read_bytes() for path in found} == files
    assert [path.name for path in found if is_pickle(path)] == ["model.joblib", "model.bin"]
    with pytest.raises(ArtifactError, match="a symbolic link"):
        unpack(archive(member("a.pkl", kind=tarfile.SYMTYPE, link="/etc")), tmp_path / "b", pickles=True)


def test_what_nobody_asked_for_is_passed_over_pickles_too_and_still_counted_and_checked(tmp_path: Path) -> None:
    others = (member("model.joblib", b"1"), member("m", pickle.dumps({"a": 1})), member("sub/dataset.json", b"2"))
    found = unpack(archive(*others, member("./dataset.json", b"{}")), tmp_path / "in", only={"dataset.json"})
    assert [path.name for path in found] == ["dataset.json"]
    assert (tmp_path / "in/dataset.json").read_bytes() == b"{}"
    assert [path.name for path in (tmp_path / "in").rglob("*")] == ["dataset.json"]
    with pytest.raises(ArtifactError, match="it is a pickle"):
        unpack(archive(member("model.ubj", pickle.dumps(1))), tmp_path / "a", only={"model.ubj"})
    with pytest.raises(ArtifactError, match="more than 3 bytes"):
        unpack(archive(*others, member("x", b"1234")), tmp_path / "b", only={"model.ubj"}, max_bytes=3)
    with pytest.raises(ArtifactError, match="symbolic link"):
        unpack(archive(member("x", kind=tarfile.SYMTYPE, link="/etc")), tmp_path / "c", only={"model.ubj"})


def test_an_artifact_error_is_an_evaluation_that_failed() -> None:
    assert issubclass(ArtifactError, EvaluationFailed)


def test_a_link_that_was_in_the_folder_before_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/way").symlink_to(tmp_path)
    with pytest.raises(ArtifactError, match="outside the destination"):
        unpack(archive(member("way/out", b"1")), tmp_path / "in")
    assert not (tmp_path / "out").exists()


def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("holes")
    info.size = 1
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10**12)}
    with pytest.raises(ArtifactError, match="'holes' is refused"):
        unpack(archive(info.tobuf(tarfile.PAX_FORMAT) + b"x" + bytes(511)), tmp_path)


def test_one_file_too_many_is_refused(tmp_path: Path) -> None:
    members = [member(f"f{number}") for number in range(4)]
    assert len(unpack(archive(*members[:3]), tmp_path / "three", max_files=3)) == 3
    with pytest.raises(ArtifactError, match="'f3' is refused: it is one of more than 3 files"):
        unpack(archive(*members), tmp_path / "four", max_files=3)


def test_files_may_take_the_limit_in_bytes_and_not_one_more(tmp_path: Path) -> None:
    members = (member("a", b"12345"), member("b", b"67890"))
    assert len(unpack(archive(*members), tmp_path / "ten", max_bytes=10)) == 2
    with pytest.raises(ArtifactError, match="'b' is refused: with it the files take more than 9 bytes"):
        unpack(archive(*members), tmp_path / "nine", max_bytes=9)


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE])
def test_a_negative_size_is_refused_and_makes_no_room_for_more(tmp_path: Path, kind: bytes) -> None:
    """Base-256 sizes may be negative, and CPython's tarfile took them until 2025 (CVE-2025-8194)."""
    header = bytearray(member("debt", kind=kind))
    header[124:136] = b"\xff" * 11 + b"\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(ArtifactError, match=r"negative size|damaged"):
        unpack(archive(bytes(header), member("a", b"1")), tmp_path)


def huge_file() -> bytes:
    info = tarfile.TarInfo("zeros")
    info.size = 10 << 30
    return gzip.compress(info.tobuf()) + zeros(10 << 10)


def many_files() -> bytes:
    blocks = b"".join(member(f"{number}", bytes(MIB)) for number in range(64))
    return gzip.compress(blocks, compresslevel=9) * 200


def huge_header() -> bytes:
    info = tarfile.TarInfo("././@PaxHeader")
    info.size, info.type = 10 << 30, tarfile.XHDTYPE
    return gzip.compress(info.tobuf(tarfile.GNU_FORMAT)) + zeros(10 << 10)


def huge_tail() -> bytes:
    return archive(member("a")).getvalue() + zeros(10 << 10)


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        (huge_file, "'zeros' is refused: with it the files take more than 33,554,432 bytes"),
        (many_files, "'32' is refused: with it the files take more than"),
        (huge_header, "bytes that belong to no file"),
        (huge_tail, "bytes that belong to no file"),
    ],
)
def test_a_bomb_of_ten_gigabytes_stops_at_the_limit_with_little_work_and_memory(
    tmp_path: Path, bomb: Callable[[], bytes], reason: str
) -> None:
    content = bomb()
    assert len(content) < 16 * MIB
    tracemalloc.start()
    stream = io.BytesIO(content)
    with pytest.raises(ArtifactError, match=reason):
        unpack(stream, tmp_path, max_bytes=32 * MIB)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stream.tell() < MIB
    assert peak < 16 * MIB
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) <= 32 * MIB


def test_a_large_file_is_never_held_in_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("big")
    info.size = 64 * MIB
    content = gzip.compress(info.tobuf()) + zeros(64) + gzip.compress(bytes(1024))
    tracemalloc.start()
    unpack(io.BytesIO(content), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert (tmp_path / "big").stat().st_size == 64 * MIB


def test_a_chain_of_extended_headers_is_refused(tmp_path: Path) -> None:
    chain = member("././@LongLink", b"x", kind=tarfile.GNUTYPE_LONGNAME) * sys.getrecursionlimit()
    with pytest.raises(ArtifactError, match=r"extended headers|belong to no file"):
        unpack(archive(chain, member("a")), tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"model\.tar\.gz is (cut short|not a tar archive)"),
        (b"not an archive at all", "not a gzip file"),
        (gzip.compress(b"not a tar, but long enough to be one" * 100, mtime=0), "not a tar archive"),
        (gzip.compress(b"", mtime=0), "not a tar archive"),
        (gzip.compress(member("a", b"x" * 5000)[:4000], mtime=0), r"damaged: unexpected end of data|ends after"),
    ],
)
def test_what_is_not_an_archive_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(ArtifactError, match=reason):
        unpack(io.BytesIO(content), tmp_path, name="model.tar.gz")


def test_an_archive_cut_anywhere_is_refused(tmp_path: Path) -> None:
    whole = archive(member("a", noise(20_000)), member("b", b"1")).getvalue()
    for length in range(0, len(whole), 487):
        with pytest.raises(ArtifactError):
            unpack(io.BytesIO(whole[:length]), tmp_path / str(length))
    with pytest.raises(ArtifactError, match="cut short"):
        unpack(io.BytesIO(whole[:-1]), tmp_path / "last")


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    whole = bytearray(archive(member("a", b"1")).getvalue())
    whole[-8] ^= 1
    with pytest.raises(ArtifactError, match="CRC check failed"):
        unpack(io.BytesIO(bytes(whole)), tmp_path)


TEMPLATE = b"".join(
    (
        member("dir", kind=tarfile.DIRTYPE),
        member("dir/" + "n" * 120, b"content"),
        member("b", b"x" * 600),
        bytes(1024),
    )
)


@given(
    changes=st.lists(st.tuples(st.integers(0, len(TEMPLATE) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    fix_checksums=st.booleans(),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_tar_is_unpacked_inside_the_folder_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], fix_checksums: bool
) -> None:
    damaged = bytearray(TEMPLATE)
    for position, value in changes:
        damaged[position] = value
    if fix_checksums:
        for start in range(0, len(damaged), 512):
            block = damaged[start : start + 512]
            if block[257:262] == b"ustar":
                total = sum(block[:148]) + 8 * 32 + sum(block[156:])
                damaged[start + 148 : start + 156] = b"%06o\0 " % total
    folder = tmp_path_factory.mktemp("damaged")
    try:
        found = unpack(io.BytesIO(gzip.compress(damaged, compresslevel=1)), folder / "in", max_bytes=10_000)
    except ArtifactError:
        found = []
    assert all(path.is_file() and not path.is_symlink() for path in found)
    assert os.listdir(folder) == ["in"]
