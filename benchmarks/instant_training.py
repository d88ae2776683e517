"""A folder of training scripts whose one script, `instant/train.py`, takes no time to train."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
INSTANT = Path(__file__).parent / "instant" / "train.py"
TARGET = "label"


def rows(count: int, first: int = 0) -> bytes:
    """A CSV of two numbers and the label that they nearly decide; another `first`, another file."""
    numbers = range(first, first + count)
    lines = [f"{n % 7}.{first},{n % 5},{'rose' if (n % 7 > 3) != (n % 11 == 0) else 'tulip'}" for n in numbers]
    return "\n".join([f"length,width,{TARGET}", *lines, ""]).encode()


def instant_scripts(folder: Path, test: bytes) -> Path:
    """Train once by the real script, and lay its results beside the instant one, in `folder`; that folder.

    `test` is the held-out CSV for which predictions are left.
    """
    code = folder / "xgboost"
    data = folder.with_name("training")
    for channel, content in (("train", rows(200)), ("test", test)):
        (data / channel).mkdir(parents=True)
        (data / channel / f"{channel}.csv").write_bytes(content)
    code.mkdir(parents=True)
    environment = {
        "SM_CHANNEL_TRAIN": str(data / "train"), "SM_CHANNEL_TEST": str(data / "test"),
        "SM_MODEL_DIR": str(code), "SM_OUTPUT_DATA_DIR": str(code), "PYTHONPATH": str(ROOT / "layers/core"),
    }  # fmt: skip
    script = [sys.executable, str(ROOT / "training_scripts/xgboost/train.py"), "--target", TARGET, "--num_round", "10"]
    subprocess.run(script, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    shutil.copy(INSTANT, code)
    return folder
