"""What real training jobs leave behind, for tests of what is done with it."""

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.builders import CSV
from tests.conftest import ROOT


@dataclass(frozen=True)
class Archives:
    """What a training job left behind."""

    model: bytes
    output: bytes


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def packed_folder(folder: Path) -> bytes:
    return packed({path.name: path.read_bytes() for path in folder.iterdir()})


def trained(folder: Path, csv: bytes = CSV, **hyperparameters: str) -> Archives:
    """model.tar.gz and output.tar.gz of one real training of the target `species`."""
    for name in ("train", "model", "output"):
        (folder / name).mkdir()
    (folder / "train" / "flowers.csv").write_bytes(csv)
    places = {"SM_CHANNEL_TRAIN": "train", "SM_MODEL_DIR": "model", "SM_OUTPUT_DATA_DIR": "output"}
    environment = {
        **os.environ,
        **{name: str(folder / place) for name, place in places.items()},
        "PYTHONPATH": str(ROOT / "layers/core"),
        "OMP_NUM_THREADS": "1",
    }
    script = str(ROOT / "training_scripts/xgboost/train.py")
    given = {"target": "species", "num_round": "30", **hyperparameters}
    command = [sys.executable, script, *(part for name, value in given.items() for part in (f"--{name}", value))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own interpreter and script
    assert done.returncode == 0, done.stderr
    return Archives(packed_folder(folder / "model"), packed_folder(folder / "output"))
