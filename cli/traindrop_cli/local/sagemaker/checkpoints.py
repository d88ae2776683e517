"""A job's checkpoints, between a folder of each instance and S3: fetched before it starts, copied while it runs.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traindrop import channels

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INTERVAL = 2.0  # seconds between two looks at the folders
CONTAINER_PATH = "/opt/ml/checkpoints"  # where a CheckpointConfig without LocalPath has them


def checkpoint_uri(request: Mapping[str, Any]) -> str | None:
    """The S3 prefix of the job's checkpoints, as a folder's; None for a job without any."""
    config = request.get("CheckpointConfig")
    return f"{config['S3Uri'].rstrip('/')}/" if config else None


class CheckpointCopy:
    """What of the instances' checkpoint folders lies in S3 as well. All instances' files go to the same prefix, and
    each instance gets all of them: they have to be named apart, as in SageMaker. Nothing is ever deleted there.

    `error`: why a copy failed, in the words of a FailureReason; it is not tried again.
    """

    def __init__(self, s3: "S3Client", uri: str, folders: Sequence[Path]) -> None:
        self._s3 = s3
        self._uri = uri
        self._folders = folders
        self._known: dict[Path, tuple[int, int]] = {}
        self.error: str | None = None

    def fetch(self) -> None:
        """Bring what lies in S3 to every instance; raises `DataError`."""
        for folder in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            channels.fetch_prefix(self._s3, self._uri, folder)
            self._known |= {path: _state(path) for path in folder.rglob("*") if path.is_file()}

    def copy(self) -> None:
        """Upload every file that is new or has changed."""
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                # A script may replace or delete its files at any time.
                with contextlib.suppress(FileNotFoundError):
                    if self.error is None and path.is_file() and self._known.get(path) != (state := _state(path)):
                        self._upload(path, path.relative_to(folder).as_posix())
                        self._known[path] = state

    def _upload(self, path: Path, name: str) -> None:
        try:
            channels.put_object(self._s3, path, self._uri + name)
        except channels.DataError as error:
            self.error = f"ClientError: Checkpoint upload failed:{error}"


@contextmanager
def copied_meanwhile(checkpoints: CheckpointCopy | None) -> Iterator[None]:
    """Copy every two seconds from another thread, and once more at the end, however it comes."""
    if checkpoints is None:
        yield
        return
    ended = threading.Event()

    def keep_copying() -> None:
        while not ended.wait(INTERVAL):
            checkpoints.copy()

    copier = threading.Thread(target=keep_copying, name="checkpoints", daemon=True)
    copier.start()
    try:
        yield
    finally:
        ended.set()
        copier.join()
        checkpoints.copy()


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size
