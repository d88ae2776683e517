"""Trains nothing: hands out what was trained before and lies beside it, by the container contract of script mode.

For bursts, where a training of a second each would hide what the pipeline itself takes. It takes every flag.
"""

import os
import shutil
from pathlib import Path

# File: the variable that names the folder where a training script leaves it.
RESULTS = {
    "model.ubj": "SM_MODEL_DIR",
    "dataset.json": "SM_MODEL_DIR",
    "metrics.json": "SM_OUTPUT_DATA_DIR",
    "predictions.csv": "SM_OUTPUT_DATA_DIR",
}

for name, folder in RESULTS.items():
    shutil.copyfile(Path(__file__).with_name(name), Path(os.environ[folder]) / name)
print("Handed out what was trained before", flush=True)
