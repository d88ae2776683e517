"""Files that were given to the page and are not dropped yet: each in a folder of its own, gone with the server."""

import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock

from traindrop import plain_text
from traindrop.upload_path import parse_key, train_prefix
from traindrop_cli.errors import CommandError
from traindrop_cli.planned_drop import LocalFiles
from traindrop_cli.seen_file import SeenFile, look
from traindrop_cli.ui.choices import Choices

# Where the file system ends a name.
_MOST_NAME_BYTES = 255


class TooLarge(Exception):
    """The file is larger than the page takes."""


@dataclass
class Draft:
    """One file, with what was chosen for it; `dropping` is held while it is uploaded to the stack."""

    id: str
    folder: Path
    csv: Path
    local: LocalFiles = field(default_factory=LocalFiles)
    test: Path | None = None
    choices: Choices = field(default_factory=Choices)
    dropping: Lock = field(default_factory=Lock)

    @cached_property
    def seen(self) -> SeenFile:
        """What the file's beginning tells: it is the same for as long as the draft is. Raises `Rejected`."""
        return look(self.csv)


class Drafts:
    """By id. `max_bytes`: of one file."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self.max_bytes = folder, max_bytes
        self._drafts: dict[str, Draft] = {}

    def get(self, draft: str) -> Draft:
        """Raises `CommandError`."""
        found = self._drafts.get(draft)
        if found is None:
            raise CommandError("This file is no longer here: traindrop ui was started anew. Drop the file once more.")
        return found

    async def add(self, name: str, content: AsyncIterator[bytes], length: int | None) -> Draft:
        """Raises `CommandError` and `TooLarge`, and `Rejected` for a name that no CSV has."""
        _check_name(name)
        draft = secrets.token_hex(8)
        folder = self._folder / draft
        csv = await self._write(folder / "train" / name, content, length)
        self._drafts[draft] = Draft(draft, folder, csv)
        return self._drafts[draft]

    async def add_test(self, draft: Draft, name: str, content: AsyncIterator[bytes], length: int | None) -> None:
        """In place of an earlier one. Raises as `add` does."""
        _check_name(name)
        draft.test = await self._write(draft.folder / "test" / secrets.token_hex(4) / name, content, length)

    async def _write(self, path: Path, content: AsyncIterator[bytes], length: int | None) -> Path:
        path.parent.mkdir(parents=True)
        written = 0
        try:
            if length is not None and length > self.max_bytes:
                raise TooLarge(self.too_large)
            with path.open("xb") as file:
                async for block in content:
                    written += len(block)
                    if written > self.max_bytes:
                        raise TooLarge(self.too_large)
                    file.write(block)
            if length is not None and written < length:
                raise CommandError("The file did not arrive whole. Drop it once more.")
        except BaseException as error:
            shutil.rmtree(path.parent)
            if isinstance(error, OSError):
                raise CommandError(f"The file cannot be kept in {self._folder}: {error.strerror}.") from error
            raise
        return path

    @property
    def too_large(self) -> str:
        """What is said of a larger file."""
        return (
            f"The file is larger than {plain_text.size(self.max_bytes)}, the most that this page takes. "
            "For larger ones: traindrop drop FILE, or traindrop ui --max-size with more megabytes."
        )


def _check_name(name: str) -> None:
    """Raises `CommandError` for what is no name of a file here, `Rejected` for one that is no CSV's."""
    if not name or "/" in name or "\0" in name or name in {".", ".."} or len(name.encode()) > _MOST_NAME_BYTES:
        raise CommandError(f"{plain_text.line(name, 80)!r} is no name for a file here. Rename it, and drop it again.")
    parse_key(train_prefix("any") + name)
