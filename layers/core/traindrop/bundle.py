"""The source bundle that SageMaker unpacks beside the training script (`sourcedir.tar.gz`)."""

import gzip
import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import traindrop
from traindrop.dataset import BUNDLE

# What of this package goes with every script.
SHARED = (*BUNDLE, "peers.py", "progress.py", "training_script.py")


@dataclass(frozen=True)
class Bundle:
    """`body` is a gzipped tar, `digest` the SHA-256 of what it holds, so equal sources are stored once."""

    body: bytes
    digest: str

    @property
    def key(self) -> str:
        return f"code/{self.digest}/sourcedir.tar.gz"


def make_bundle(script_folder: Path) -> Bundle:
    """Pack a training script's folder together with the reader it shares with us.

    The same files always give the same bytes: no times, no owners, sorted names.
    """
    package = Path(traindrop.__file__).parent
    files = {f"traindrop/{name}": package / name for name in SHARED}
    for path in script_folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(script_folder).as_posix()] = path
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            content = files[name].read_bytes()
            member.size = len(content)
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(content))
    # The digest is of the tar: zlib's output differs between its versions.
    plain = packed.getvalue()
    return Bundle(body=gzip.compress(plain, mtime=0), digest=hashlib.sha256(plain).hexdigest())
