"""The source bundle that SageMaker unpacks into the training container (`sourcedir.tar.gz`)."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import traindrop
from traindrop.dataset import BUNDLE

# What of this package goes with every script of ours.
SHARED = (
    *BUNDLE,
    "byte_ranges.py",
    "dense_columns.py",
    "kept_rows.py",
    "lean_xgboost.py",
    "peers.py",
    "progress.py",
    "reading_together.py",
    "refitting.py",
    "smoothed_means.py",
    "training_script.py",
    "xgboost_checkpoint.py",
    "xgboost_hosts.py",
    "xgboost_matrix.py",
)


@dataclass(frozen=True)
class Bundle:
    """`body` is a gzipped tar, `digest` the SHA-256 of what it holds, so equal sources are stored once."""

    body: bytes
    digest: str

    @property
    def key(self) -> str:
        return f"code/{self.digest}/sourcedir.tar.gz"


def bundle_of_ours(script_folder: Path) -> Bundle:
    """A training script's folder together with the reader it shares with us."""
    package = Path(traindrop.__file__).parent
    files = {f"traindrop/{name}": (package / name).read_bytes() for name in SHARED}
    for path in script_folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(script_folder).as_posix()] = path.read_bytes()
    return pack(files)


def pack(files: Mapping[str, bytes]) -> Bundle:
    """Files by their relative paths. The same files always give the same bytes: no times, no owners, sorted names."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(files[name]))
    # The digest is of the tar: zlib's output differs between its versions.
    plain = packed.getvalue()
    return Bundle(body=gzip.compress(plain, mtime=0), digest=hashlib.sha256(plain).hexdigest())
