"""The folders of one training job, a training script run in them as script mode runs it, and data to train on."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from traindrop.dataset import Schema

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Container:
    """`base` stands for /opt/ml; `framework` names the folder of training_scripts."""

    base: Path
    framework: str
    warnings: tuple[str, ...] = ("error",)  # as of python -W, a later one before an earlier one

    def put(self, channel: str, name: str, rows: Iterable[Iterable[object]]) -> Path:
        path = self.base / "input/data" / channel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
        return path

    def start(self, flags: Mapping[str, object], variables: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """The script, running; `variables` are added to its environment."""
        environment = self.environment() | dict(variables or {})
        script = ROOT / "training_scripts" / self.framework / "train.py"
        command = [sys.executable, *(f"-W{rule}" for rule in self.warnings), str(script)]
        command += [part for name, value in sorted(flags.items()) for part in (f"--{name}", str(value))]
        return subprocess.Popen(  # noqa: S603 - our own interpreter and script
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def environment(self) -> dict[str, str]:
        folders = {"SM_MODEL_DIR": "model", "SM_OUTPUT_DIR": "output", "SM_OUTPUT_DATA_DIR": "output/data"}
        environment = {name: str(self.base / folder) for name, folder in folders.items()}
        for folder in environment.values():
            Path(folder).mkdir(parents=True, exist_ok=True)
        channels = (self.base / "input/data").iterdir()
        environment |= {f"SM_CHANNEL_{path.name.upper()}": str(path) for path in channels}
        environment |= {"PYTHONPATH": str(ROOT / "layers/core"), "OMP_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
        return environment

    def run(self, **flags: object) -> subprocess.CompletedProcess[str]:
        process = self.start(flags)
        output, errors = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def trained(self, **flags: object) -> str:
        done = self.run(**flags)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def failure(self, **flags: object) -> str:
        """Why the script failed, as the job's failure reason has it."""
        done = self.run(**flags)
        assert done.returncode == 1
        assert done.stderr.strip().count("\n") == 0, "a message, no traceback"
        return (self.base / "output/failure").read_text("utf-8")

    def read_json(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.base / name).read_text("utf-8"))
        return found

    @property
    def schema(self) -> Schema:
        return Schema.from_json(self.read_json("model/dataset.json"))

    def predictions(self) -> npt.NDArray[np.float64]:
        with (self.base / "output/data/predictions.csv").open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        assert [int(row[0]) for row in rows] == list(range(len(rows)))
        names = [f"probability_{name}" for name in self.schema.classes] or ["prediction"]
        assert header == ["row", *names]
        return np.array([row[1:] for row in rows], dtype=np.float64)


def bundled(container: Container, loader: Callable[..., Any], seed: int = 0) -> npt.NDArray[Any]:
    """One of scikit-learn's data sets as two CSV files, one row in four held out; the held-out target."""
    data = loader()
    names = [f"x{n} [<{n}>]" for n in range(data.data.shape[1])]  # names that XGBoost itself would refuse
    order = np.random.default_rng(seed).permutation(len(data.target))
    held_out = len(order) // 4
    for channel, rows in (("test", order[:held_out]), ("train", order[held_out:])):
        table = [[*data.data[row].tolist(), data.target[row].item()] for row in rows]
        container.put(channel, f"{channel}.csv", [[*names, "target"], *table])
    return np.asarray(data.target[order[:held_out]])


def mixed_rows(rows: int, seed: int) -> list[list[object]]:
    """Numbers, texts, dates and missing values, each of which decides a part of the target."""
    random = np.random.default_rng(seed)
    table: list[list[object]] = [["when", "größe, cm", "colour", "note", "id", "Outcome"]]
    for row in range(rows):
        month, size, colour = int(random.integers(1, 13)), random.normal(), random.choice(["red", "blue", "grün"])
        known = random.random() > 0.3
        score = (month > 6) + (size > 0) + (colour == "grün") + (not known)
        note = f"note {row}, \nsaid {'loudly' if known else 'softly'}"
        table.append(
            [f"2024-{month:02}-15", f"{size:.3f}" if known else "", colour, note, row, "yes" if score > 1.5 else "no"]
        )
    return table


def assert_last_is_kept(output: str, metrics: Mapping[str, Any]) -> None:
    """A job's final metrics are the last of its log: those of the round whose model is kept, though others came after.

    `metrics`: metrics.json, of a training that stopped early.
    """
    for name, values in metrics["validation"].items():
        logged = re.findall(rf"validation-{name}:([0-9.eE+-]+)", output)
        assert len(logged) == len(values) + 1
        assert float(logged[-1]) == float(f"{values[metrics['best_iteration']]:.6g}")
