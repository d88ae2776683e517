"""What the instances of a training job leave behind, packed as SageMaker packs it."""

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from traindrop.script_mode import Folders


class VolumeFull(Exception):
    """An instance left more than its volume holds."""


@dataclass(frozen=True)
class Artifacts:
    """The packed results; None where the scripts left nothing to pack."""

    model: Path | None
    output: Path | None


def pack(instances: Sequence[Folders], target: Path, volume_bytes: float = float("inf")) -> Artifacts:
    """Pack model/ of all instances into model.tar.gz and output/data/ into output.tar.gz, both in the folder `target`.

    Of two files with one name the first instance's is taken; SageMaker leaves it to the scripts to avoid that. Raises
    `VolumeFull` where an instance left more than `volume_bytes`, before anything is packed.
    """
    for folders in instances:
        left = sum(path.lstat().st_size for folder in (folders.model, folders.output_data) for path in _below(folder))
        if left > volume_bytes:
            raise VolumeFull(f"{left:,} bytes in model and output, on a volume of {int(volume_bytes):,}")
    return Artifacts(
        model=_packed([folders.model for folders in instances], target / "model.tar.gz"),
        output=_packed([folders.output_data for folders in instances], target / "output.tar.gz"),
    )


def _packed(folders: Sequence[Path], archive: Path) -> Path | None:
    members: dict[str, Path] = {}
    for folder in folders:
        for path in _below(folder):
            members.setdefault(path.relative_to(folder).as_posix(), path)
    if not members:
        return None
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for name in sorted(members):
            tar.add(members[name], arcname=name, recursive=False)
    return archive


def _below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))
