"""What the SageMaker XGBoost image does in algorithm mode, when a request names no script.

    SAGEMAKER_BASE_DIR=folder python -m traindrop.builtin_xgboost

with the container's folders under `folder` (default /opt/ml). Read in aws/sagemaker-xgboost-container
(algorithm_mode/train.py, callback.py, data_utils.py, checkpointing.py): the same reader, parameters and callbacks, so
the same model file and the same lines. On one host, with channels `train` and `validation` in text/csv, and with the
hyperparameters that traindrop sends.

Checkpoints have the names that the image's own loader looks for. The image's source saves them under others since it
moved to XGBoost's own callback (and only the first round's), so that there an interrupted job may begin anew.
"""

import csv
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from traindrop.hyperparameters.builtin_xgboost import read_back

MODEL = "xgboost-model"
CHANNELS = ("train", "validation", "code")
CHECKPOINTS_KEPT = 5
_CHECKPOINT = re.compile(r"xgboost-checkpoint\.([0-9]+)")
_MAXIMIZED = ("auc", "aucpr")
# A tuning job adds it to the hyperparameters of its training jobs: `validation:auc`.
_OBJECTIVE = "_tuning_objective_metric"
# What XGBoost complains of that the image calls the person's fault (constants/xgb_constants.py): the labels' range
# for the objective, and a base_score out of it.
_OF_THE_DATA = re.compile(r"label|base_score")


class ClientError(Exception):
    """What the person can mend: hyperparameters, channels, data."""

    origin = "sagemaker_algorithm_toolkit.exceptions.UserError"


class AlgorithmError(Exception):
    """Training itself went wrong."""

    origin = "sagemaker_algorithm_toolkit.exceptions.AlgorithmError"


def main() -> None:
    """Train, or leave the reason in output/failure and exit with 1, as the image does."""
    root = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    checkpoints = Path(os.environ.get("TRAINDROP_CHECKPOINT_DIR", root / "checkpoints"))
    try:
        train(root, checkpoints if checkpoints.is_dir() else None)
    except (ClientError, AlgorithmError) as error:
        failure = root / "output/failure"
        failure.parent.mkdir(parents=True, exist_ok=True)
        # DescribeTrainingJob shows it behind "AlgorithmError: " whosever fault it is: the image exits with 1 for all.
        failure.write_text(f"framework error: \n{error.origin}: {error}", encoding="utf-8")
        sys.exit(f"{error.origin}: {error}")


def train(root: Path, checkpoints: Path | None) -> None:
    """Write model/xgboost-model; a checkpoint after each round if there is a folder, and go on from the last.

    Raises ClientError and AlgorithmError.
    """
    import xgboost

    config = root / "input/config"
    parameters = _parameters(_json(config / "hyperparameters.json"))
    data_config = _json(config / "inputdataconfig.json")
    _check_channels(data_config, _json(config / "resourceconfig.json"))
    training = _matrix(root / "input/data/train")
    validation = _matrix(root / "input/data/validation") if "validation" in data_config else None
    for part, matrix in (("Train", training), ("Validation", validation)):
        if matrix:
            print(f"{part} size: ({matrix.num_row()}, {matrix.num_col()})", flush=True)
    rounds = parameters.pop("num_round")
    patience = parameters.pop("early_stopping_rounds", None)
    resumed, done = _last_checkpoint(checkpoints)
    if resumed:
        print(f"Resuming from iteration {done}", flush=True)
    # Early stopping watches what is tuned for, else the last metric that was asked for.
    watched = parameters.pop(_OBJECTIVE, None) or next(reversed(parameters.get("eval_metric", ())), None)
    callbacks = _callbacks(done, checkpoints, patience if validation else None, watched)
    evaluated = [(training, "train"), *([(validation, "validation")] if validation else [])]
    try:
        with _quiet():
            model = xgboost.train(
                parameters, training, rounds - done, evals=evaluated, callbacks=callbacks, xgb_model=resumed,
                verbose_eval=False,
            )  # fmt: skip
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise _training_error(str(error)) from error
    (root / "model").mkdir(parents=True, exist_ok=True)
    with _quiet():
        model.save_model(root / "model" / MODEL)


def _training_error(text: str) -> ClientError | AlgorithmError:
    reason = _without_trace(text)
    return (ClientError if _OF_THE_DATA.search(reason) else AlgorithmError)(f"training failed: {reason}")


def _without_trace(text: str) -> str:
    """XGBoost's message without the addresses of its functions."""
    return text.partition("Stack trace:")[0].strip()


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def _parameters(texts: dict[str, str]) -> dict[str, Any]:
    if "num_round" not in texts:
        raise ClientError("hyperparameter num_round is missing. The image has no default for it.")
    try:
        parameters: dict[str, Any] = dict(read_back({key: text for key, text in texts.items() if key != _OBJECTIVE}))
    except ValidationError as error:
        shown = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
        raise ClientError(f"hyperparameters: {shown}") from None
    if "eval_metric" in parameters:
        parameters["eval_metric"] = parameters["eval_metric"].split(",")
    if _OBJECTIVE in texts:
        metric = parameters[_OBJECTIVE] = texts[_OBJECTIVE].partition(":")[2]
        parameters["eval_metric"] = sorted({metric, *parameters.get("eval_metric", ())})
    return parameters


def _check_channels(data_config: dict[str, Any], resources: dict[str, Any]) -> None:
    if "train" not in data_config:
        raise ClientError("channel train is missing.")
    if extraneous := sorted(data_config.keys() - set(CHANNELS)):
        raise ClientError(f"channel {', '.join(extraneous)} is none of the image's: {', '.join(CHANNELS)}.")
    for name in ("train", "validation"):
        found = data_config.get(name, {"ContentType": "text/csv"}).get("ContentType")
        if found not in ("text/csv", "csv"):
            raise ClientError(
                f"channel {name} has content type {found or 'none, which means libsvm'}; here only text/csv is read."
            )
    if len(resources.get("hosts", [])) > 1:
        raise ClientError(f"{len(resources['hosts'])} hosts, and here it trains on one.")


def _matrix(channel: Path) -> Any:
    """All files of a channel, which XGBoost reads as if they were one."""
    import xgboost

    files = sorted(path for path in channel.rglob("*") if path.is_file()) if channel.is_dir() else []
    if not any(path.stat().st_size for path in files):
        raise ClientError(f"channel {channel.name} holds no data ({channel}).")
    if hidden := [path.name for path in files if path.name.startswith(".")]:
        raise ClientError(f"channel {channel.name} holds a hidden file, {hidden[0]}. Remove it.")
    delimiters = [_delimiter(path) for path in files]
    try:
        with _quiet():
            return xgboost.DMatrix(f"{channel}?format=csv&label_column=0&delimiter={delimiters[0]}")
    except xgboost.core.XGBoostError as error:
        raise ClientError(f"channel {channel.name} cannot be read as CSV: {_without_trace(str(error))}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without XGBoost's advice on what the image does all the same: reading CSV, and files without an extension."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*(Text file input|Saving model in the UBJSON|Unknown file format)")
        yield


def _delimiter(path: Path) -> str:
    """By the first line alone, as the image finds it."""
    with path.open(encoding="utf-8", errors="ignore") as stream:
        line = stream.readline()
    try:
        return csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise ClientError(f"{path.name}: no delimiter can be told from line 1, {line[:50]!r}: {error}") from error


def _last_checkpoint(folder: Path | None) -> tuple[str | None, int]:
    """The newest checkpoint, and how many rounds it has."""
    found = {int(name[1]): path for path in _files(folder) if (name := _CHECKPOINT.fullmatch(path.name))}
    return (str(found[max(found)]), max(found) + 1) if found else (None, 0)


def _files(folder: Path | None) -> list[Path]:
    return list(folder.iterdir()) if folder else []


def _callbacks(done: int, checkpoints: Path | None, patience: int | None, watched: str | None) -> list[Any]:
    """In the image's order: print, save, stop early."""
    from xgboost.callback import EarlyStopping, EvaluationMonitor, TrainingCallback

    class Numbered(EvaluationMonitor):  # type: ignore[misc]
        """`[9]\\ttrain-auc:0.91\\tvalidation-auc:0.87` on standard output; goes on counting after a resumption."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            return bool(super().after_iteration(model, epoch + done, evals_log))

    class Saved(TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if checkpoints:
                _save_checkpoint(model.save_model, checkpoints, epoch + done)
            return False

    stopping = []
    if patience and watched:
        best = {"metric_name": watched, "maximize": watched in _MAXIMIZED, "save_best": True}
        stopping = [EarlyStopping(rounds=patience, data_name="validation", **best)]
    return [Numbered(), Saved(), *stopping]


def _save_checkpoint(save_model: Callable[[Path], None], folder: Path, iteration: int) -> None:
    """Under its name at once and whole; SageMaker copies the folder to S3 at any moment."""
    written = folder / "unfinished.sagemaker-ignore"
    save_model(written)
    written.rename(folder / f"xgboost-checkpoint.{iteration}")
    (folder / f"xgboost-checkpoint.{iteration - CHECKPOINTS_KEPT}").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
