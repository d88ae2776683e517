"""The image's algorithm mode as it runs here: real training, from a dropped CSV to predictions for a test file.

The oracle is xgboost itself, called as the image calls it.
"""

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
import xgboost
from sklearn import datasets
from sklearn.metrics import roc_auc_score

from traindrop import builtin_xgboost, predictions
from traindrop.headerless import check_prepared
from traindrop.held_out import HeldOut, read_held_out
from traindrop.hyperparameters.builtin_xgboost import BuiltinXGBoostHyperparameters, metric_definitions
from traindrop.preparation import Preparation, prepare_csv

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.filterwarnings("ignore:.*(Text file input|Saving model in the UBJSON|Unknown file format)")

Array = npt.NDArray[Any]


@dataclass
class Job:
    """A container's folders, and what was put there."""

    base: Path
    hyperparameters: dict[str, str]
    channels: dict[str, str | None]

    def put(self, channel: str, content: bytes, *, content_type: str | None = "text/csv", name: str = "a.csv") -> None:
        folder = self.base / "input/data" / channel
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        self.channels[channel] = content_type

    def configure(self, *, hosts: int = 1) -> None:
        config = self.base / "input/config"
        config.mkdir(parents=True, exist_ok=True)
        channels = {name: {"ContentType": found} if found else {} for name, found in self.channels.items()}
        for name, document in {
            "hyperparameters": self.hyperparameters,
            "inputdataconfig": channels,
            "resourceconfig": {"hosts": [f"algo-{number + 1}" for number in range(hosts)]},
        }.items():
            (config / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")

    def trained(self, **environment: str) -> str:
        """What it prints."""
        self.configure()
        printed = io.StringIO()
        with patch.dict(os.environ, {"SAGEMAKER_BASE_DIR": str(self.base), **environment}), redirect_stdout(printed):
            builtin_xgboost.main()
        return printed.getvalue()

    def failure(self, *, hosts: int = 1) -> str:
        self.configure(hosts=hosts)
        with patch.dict(os.environ, {"SAGEMAKER_BASE_DIR": str(self.base)}), pytest.raises(SystemExit) as ended:
            builtin_xgboost.main()
        assert not (self.base / "model").exists()
        found = (self.base / "output/failure").read_text("utf-8")
        assert found == f"framework error: \n{ended.value.code}"
        return found

    @property
    def model(self) -> Path:
        return self.base / "model/xgboost-model"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A small job that works: two classes that two numbers tell something of."""
    found = Job(tmp_path / "ml", hyperparameters(num_round=6), {})
    found.put("train", rows_of_numbers(200, seed=1))
    found.put("validation", rows_of_numbers(60, seed=2))
    return found


def hyperparameters(task: str = "binary", classes: int = 2, **given: Any) -> dict[str, str]:
    # More threads than processors are free spin against each other.
    wishes = BuiltinXGBoostHyperparameters.checked({"nthread": 1, **given}, framework="builtin-xgboost")
    return wishes.for_task(task, classes=classes, seed=7, validation=True)


def rows_of_numbers(count: int, seed: int) -> bytes:
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 2)).round(3)
    labels = (features[:, 0] + random.normal(size=count) > 0).astype(int)
    return "".join(f"{label},{a},{b}\n" for label, (a, b) in zip(labels, features.tolist(), strict=True)).encode()


def as_the_image_calls_it(job: Job, **more: Any) -> xgboost.Booster:
    """xgboost.train on the same files with the same parameters, written down by hand."""
    parts = [(name, job.base / "input/data" / name) for name in ("train", "validation") if name in job.channels]
    matrices = [(xgboost.DMatrix(f"{path}?format=csv&label_column=0&delimiter=,"), name) for name, path in parts]
    parameters: dict[str, Any] = dict(job.hyperparameters)
    rounds = int(parameters.pop("num_round"))
    parameters["eval_metric"] = parameters["eval_metric"].split(",")
    return xgboost.train(parameters, matrices[0][0], rounds, evals=matrices, verbose_eval=False, **more)


def test_the_model_file_is_what_xgboost_makes_of_the_same_file_and_parameters(job: Job, tmp_path: Path) -> None:
    """As a process of its own, as a container is: nothing but its lines is said, not even a warning."""
    job.configure()
    command = [sys.executable, "-W", "error", "-m", "traindrop.builtin_xgboost"]
    environment = {"SAGEMAKER_BASE_DIR": str(job.base), "PYTHONPATH": str(ROOT / "layers/core"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter and script
    assert (done.returncode, done.stderr) == (0, "")
    as_the_image_calls_it(job).save_model(tmp_path / "model.ubj")
    assert job.model.read_bytes() == (tmp_path / "model.ubj").read_bytes()
    assert [path.name for path in job.model.parent.iterdir()] == ["xgboost-model"]


def test_each_round_has_a_line_that_the_metric_definitions_read(job: Job) -> None:
    output = job.trained()
    assert "Train size: (200, 2)\nValidation size: (60, 2)\n" in output
    lines = re.findall(
        r"^\[(\d+)\]\ttrain-error:0\.\d{5}\ttrain-auc:\S+\t.*\tvalidation-logloss:0\.\d{5}$", output, re.M
    )
    assert lines == [str(number) for number in range(6)]
    history: dict[str, dict[str, list[float]]] = {}
    as_the_image_calls_it(job, evals_result=history)
    for definition in metric_definitions("binary"):
        part, metric = definition["Name"].split(":")
        found = [match[1] for line in output.splitlines() if (match := re.search(definition["Regex"], line))]
        assert found == [f"{value:.5f}" for value in history[part].get(metric, [])]


def test_early_stopping_keeps_the_rounds_up_to_the_best(job: Job) -> None:
    job.hyperparameters = hyperparameters(num_round=300, early_stopping_rounds=3)
    output = job.trained()
    history = [float(found) for found in re.findall(r"validation-logloss:(\S+)", output)]
    best = history.index(min(history))
    assert len(history) == best + 4 < 300
    model = xgboost.Booster(model_file=job.model)
    assert (model.num_boosted_rounds(), model.best_iteration) == (best + 1, best)


def test_what_a_tuning_job_looks_for_is_measured_and_watched_by_early_stopping(job: Job) -> None:
    job.hyperparameters = hyperparameters(num_round=300, early_stopping_rounds=3, eval_metric="logloss")
    job.hyperparameters["_tuning_objective_metric"] = "validation:error"
    output = job.trained()
    history = [float(found) for found in re.findall(r"validation-error:(\S+)", output)]
    best = history.index(min(history))
    assert len(history) == best + 4 < 300
    assert re.search(r"\ttrain-error:\S+\ttrain-logloss:\S+\tvalidation-error:\S+\tvalidation-logloss:", output)


def test_without_a_validation_channel_it_trains_on(job: Job) -> None:
    del job.channels["validation"]
    assert "validation" not in job.trained()
    assert xgboost.Booster(model_file=job.model).num_boosted_rounds() == 6


def test_it_goes_on_from_the_last_checkpoint_and_keeps_five(job: Job, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    job.hyperparameters |= {"num_round": "4", "subsample": "1", "colsample_bytree": "1"}
    job.trained(TRAINDROP_CHECKPOINT_DIR=str(folder))
    job.hyperparameters["num_round"] = "10"
    output = job.trained(TRAINDROP_CHECKPOINT_DIR=str(folder))
    assert re.findall(r"^\[(\d+)\]", output, re.M) == ["4", "5", "6", "7", "8", "9"]
    assert sorted(path.name for path in folder.iterdir()) == [f"xgboost-checkpoint.{number}" for number in range(5, 10)]
    whole = as_the_image_calls_it(job)
    assert xgboost.Booster(model_file=job.model).get_dump() == whole.get_dump()


def test_a_checkpoint_folder_among_the_containers_is_used(job: Job) -> None:
    (job.base / "checkpoints").mkdir(parents=True)
    job.trained()
    assert (job.base / "checkpoints/xgboost-checkpoint.5").is_file()


def broken(job: Job, how: str) -> None:
    rows = rows_of_numbers(50, seed=1)
    match how:
        case "no rounds":
            del job.hyperparameters["num_round"]
        case "unknown":
            job.hyperparameters["csv_weights"] = "1"
        case "value":
            job.hyperparameters["num_round"] = "x"
        case "no channel":
            del job.channels["train"]
        case "no data":
            job.put("train", b"")
        case "test":
            job.put("test", rows)
        case "libsvm":
            job.put("train", rows, content_type=None)
        case "hidden":
            job.put("train", rows, name=".hidden")
        case "delimiter":
            job.put("train", b"\n" + rows)
        case "infinity":
            job.put("train", b"1,inf,2\n" + rows)
        case "labels":
            job.put("train", rows.replace(b"\n1,", b"\n3,"))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("no rounds", "UserError: hyperparameter num_round is missing"),
        ("unknown", "UserError: hyperparameters: csv_weights: Extra inputs are not permitted"),
        ("value", "UserError: hyperparameters: num_round: Input should be a valid integer"),
        ("no channel", "UserError: channel train is missing"),
        ("no data", "UserError: channel train holds no data"),
        ("test", "UserError: channel test is none of the image's: train, validation, code"),
        ("libsvm", "UserError: channel train has content type none, which means libsvm"),
        ("hidden", "UserError: channel train holds a hidden file, .hidden"),
        ("delimiter", "UserError: a.csv: no delimiter can be told from line 1"),
        ("infinity", "UserError: channel train cannot be read as CSV: .*inf"),
        ("labels", "UserError: training failed: .*(label|base_score) must be in"),
    ],
)
def test_what_goes_wrong_is_left_as_the_failure_of_the_job(job: Job, how: str, message: str) -> None:
    broken(job, how)
    found = job.failure()
    assert found.startswith("framework error: \nsagemaker_algorithm_toolkit.exceptions.")
    assert re.search(message, found, re.S)
    assert "Stack trace" not in found


def test_more_than_one_host_is_refused(job: Job) -> None:
    assert "2 hosts, and here it trains on one" in job.failure(hosts=2)


def drop(folder: Path, name: str, rows: Iterable[Iterable[object]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return folder / name


def from_csv_to_predictions(folder: Path, train: Path, test: Path, target: str, **given: Any) -> HeldOut:
    """The way of a run: prepare, store, train, and score the raw test file by what was stored."""
    folder.mkdir(parents=True, exist_ok=True)
    found = prepare_csv(
        train,
        folder,
        file=train.name,
        target=target,
        task="auto",
        drop=(),
        validation_fraction=0.2,
        seed=given.pop("seed", 42),
    )
    stored = json.dumps(found.preparation.to_json())
    schema = found.preparation.schema
    job = Job(folder / "ml", hyperparameters(schema.task, len(schema.classes), **given), {})
    assert found.validation
    job.put("train", found.train.read_bytes())
    job.put("validation", found.validation.read_bytes())
    job.trained()
    preparation = Preparation.from_json(json.loads(stored))
    predict = predictions.by_booster(job.model, preparation.schema)
    return read_held_out(test, preparation.schema, predict, file=test.name, reader=preparation.read)


def sklearn_files(folder: Path, data: Any, *, named: bool = False) -> tuple[Path, Path]:
    names = [f"column {number}" for number in range(data.data.shape[1])]
    order = np.random.default_rng(0).permutation(len(data.target))
    labels = [f"class {label}" for label in data.target] if named else data.target.tolist()
    rows = [[*data.data[row].tolist(), labels[row]] for row in order]
    cut = len(rows) * 3 // 4
    return drop(folder, "train.csv", [[*names, "y"], *rows[:cut]]), drop(
        folder, "test.csv", [[*names, "y"], *rows[cut:]]
    )


def test_two_classes_of_names_are_predicted_from_a_raw_test_file(tmp_path: Path) -> None:
    train, test = sklearn_files(tmp_path, datasets.load_breast_cancer(), named=True)
    found = from_csv_to_predictions(tmp_path / "run", train, test, "y")
    assert found.predictions is not None
    assert roc_auc_score(found.truth, found.predictions) > 0.97


def test_three_classes_have_a_probability_each(tmp_path: Path) -> None:
    train, test = sklearn_files(tmp_path, datasets.load_wine())
    found = from_csv_to_predictions(tmp_path / "run", train, test, "y", booster="dart", rate_drop=0.1, num_round=40)
    assert found.predictions is not None
    assert found.predictions.shape == (len(found.truth), 3)
    assert float(np.mean(found.predictions.argmax(axis=1) == found.truth)) > 0.9


def test_a_number_is_estimated(tmp_path: Path) -> None:
    train, test = sklearn_files(tmp_path, datasets.load_diabetes())
    found = from_csv_to_predictions(tmp_path / "run", train, test, "y", max_depth=3)
    assert found.predictions is not None
    assert float(np.mean((found.predictions - found.truth) ** 2)) < 0.75 * float(np.var(found.truth))


def test_training_sees_the_very_numbers_that_scoring_sees(tmp_path: Path) -> None:
    """Scored by the evaluator's way, the training rows get the predictions that XGBoost gives for its own file."""
    train, _ = sklearn_files(tmp_path, datasets.load_breast_cancer())
    found = from_csv_to_predictions(tmp_path / "run", train, train, "y")
    assert found.predictions is not None
    model = xgboost.Booster(model_file=tmp_path / "run/ml/model/xgboost-model")
    folder = tmp_path / "run/ml/input/data"
    own = [
        model.predict(xgboost.DMatrix(f"{folder / name}?format=csv&label_column=0")) for name in ("train", "validation")
    ]
    assert sorted(found.predictions.tolist()) == sorted(np.concatenate(own).tolist())


def test_a_file_handed_on_as_it_is_is_scored_with_its_first_column_as_the_truth(job: Job, tmp_path: Path) -> None:
    del job.channels["validation"]
    job.trained()
    content = rows_of_numbers(200, seed=1)
    found = check_prepared(content, complete=True, task="auto", file="a.csv")
    preparation = Preparation(found.schema, headerless=True)
    test = tmp_path / "test.csv"
    test.write_bytes(rows_of_numbers(80, seed=3))
    predict = predictions.by_booster(job.model, preparation.schema)
    scored = read_held_out(test, preparation.schema, predict, file="test.csv", reader=preparation.read)
    truth, own = xgboost.DMatrix(f"{test}?format=csv&label_column=0"), xgboost.Booster(model_file=job.model)
    assert scored.truth.tolist() == truth.get_label().tolist()
    assert scored.predictions is not None
    assert scored.predictions.tolist() == own.predict(truth).tolist()


def test_on_titanic_it_is_as_good_as_the_training_script(titanic: Path, tmp_path: Path) -> None:
    """Both with the lesson's settings, and neither trained again on all rows; means over some seeds of the split."""
    train, test = titanic / "titanic_train.csv", titanic / "titanic_test.csv"
    areas: dict[str, list[float]] = {"algorithm": [], "script": []}
    for seed in range(42, 45):
        found = from_csv_to_predictions(tmp_path / f"a{seed}", train, test, "Survived", max_depth=3, seed=seed)
        assert found.predictions is not None
        areas["algorithm"].append(float(roc_auc_score(found.truth, found.predictions)))
        areas["script"].append(
            float(roc_auc_score(found.truth, by_the_training_script(tmp_path / f"s{seed}", train, test, seed)))
        )
    means = {name: float(np.mean(values)) for name, values in areas.items()}
    assert means["algorithm"] > means["script"] - 0.02
    assert means["algorithm"] > 0.8


def by_the_training_script(folder: Path, train: Path, test: Path, seed: int) -> Array:
    for name, source in (("train", train), ("test", test)):
        (folder / name).mkdir(parents=True)
        (folder / name / source.name).write_bytes(source.read_bytes())
    variables = {"SM_MODEL_DIR": folder, "SM_OUTPUT_DATA_DIR": folder, "PYTHONPATH": ROOT / "layers/core"}
    variables |= {"SM_CHANNEL_TRAIN": folder / "train", "SM_CHANNEL_TEST": folder / "test"}
    environment = {name: str(path) for name, path in variables.items()} | {"OMP_NUM_THREADS": "1"}
    flags = {"target": "Survived", "max_depth": 3, "refit": False, "seed": seed}
    command = [sys.executable, str(ROOT / "training_scripts/xgboost/train.py")]
    command += [part for name, value in flags.items() for part in (f"--{name}", str(value))]
    subprocess.run(command, env={"PATH": os.environ["PATH"], **environment}, check=True, capture_output=True)  # noqa: S603 - our own interpreter and script
    with (folder / "predictions.csv").open(newline="") as stream:
        return np.array([float(row["probability_1"]) for row in csv.DictReader(stream)])


def test_importing_it_imports_neither_xgboost_nor_numpy() -> None:
    code = "import sys, traindrop.builtin_xgboost, traindrop.preparation; sys.exit('numpy' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, env={"PYTHONPATH": str(ROOT / "layers/core")}, check=False).returncode == 0  # noqa: S603 - our own interpreter and script
    assert builtin_xgboost.MODEL == "xgboost-model"
