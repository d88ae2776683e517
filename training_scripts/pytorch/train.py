"""Trains a multilayer perceptron on any CSV with a header: numbers, texts as categories, dates, missing values.

In SageMaker or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/pytorch/train.py --target Survived --hidden 64

In:  the one CSV of the channel `train`, and of `test` if there is one.
Out: model.pt, architecture.json and dataset.json (how a CSV becomes the model's features) in SM_MODEL_DIR; metrics.json
     (per epoch) and, with a test channel, predictions.csv in SM_OUTPUT_DATA_DIR.

No pickle is needed to load the model, only network.py:

    network = Network(**json.loads(Path("architecture.json").read_text()))
    network.load_state_dict(torch.load("model.pt", weights_only=True))

On several instances, or GPUs of one, the script runs itself again with torchrun, a process for each (see parallel.py).
An epoch depends on nothing but the weights, the seed and its number: so a job goes on from a checkpoint as if nothing
had happened, and several processes train what one would, but for rounding.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from traindrop.dataset import Schema
from traindrop.training_script import (
    Array,
    add_arguments,
    checkpoint_folder,
    fail,
    fingerprint,
    predict_test_channel,
    report_kept,
    run,
    save_results,
    split,
    threads,
    training_data,
    truth,
)

try:
    import torch
    from torch.distributed.elastic.multiprocessing.errors import record
except ModuleNotFoundError as missing:
    fail(f"PyTorch is not installed here ({missing}). Install it with: make pytorch")

import parallel
from fitting import Fit, Progress, Rows
from network import Network, architecture

TRAINING: dict[str, int | float] = {
    "epochs": 200,  # passes over the training rows, at the most
    "patience": 20,  # epochs without a gain in validation before stopping
    "batch_size": 0,  # rows per step, over all processes; 0: a fiftieth of them, within 32 and 1024
    "lr": 0.001,  # how far a step goes
    "l2_regularization": 2.0,  # what small weights count for against the rows; in a logistic regression 1/C
    "hidden": 128,  # width of the hidden layers
    "layers": 2,  # hidden blocks, of two layers each
    "dropout": 0.2,  # share of the prepared features, and of each block's outputs, left out at random in a step
}


def arguments() -> argparse.ArgumentParser:
    """Every flag that the script takes; any other is an error."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    add_arguments(parser)
    for name, default in TRAINING.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    parser.add_argument("--refit", default=True, type=truth, help="train again on all rows after validation")
    parser.add_argument("--distribution", default="data", choices=parallel.MODES, help="what several processes share")
    parser.add_argument("--tensor_parallel_size", default=0, type=int, help="of hybrid; 0: the GPUs of an instance")
    return parser


def main() -> None:
    started = time.perf_counter()
    options = arguments().parse_args()
    tensor = parallel.tensor_size(options.distribution, options.tensor_parallel_size, options.hidden)
    if parallel.wanted():
        parallel.launch(__file__, sys.argv[1:])
        return
    make_repeatable()
    workers = parallel.Workers.join(tensor)
    schema, features, target = training_data(options)
    training, validation = split(target, schema, options.validation_fraction, options.seed)
    if workers.leads:
        print(f"Train size: {features[training].shape}")
        print(f"Validation size: {features[validation].shape}", flush=True)

    began = time.perf_counter()
    job = Job(options, workers, schema, features, target)
    network, progress = job.fitted(training, validation, options.epochs, "validated")
    if workers.leads:
        if len(validation):
            report_kept(progress.best_epoch, progress.history)
        print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)
    if options.refit and len(validation):
        # Validation has told how good such a model is; the rows held out for it make the one that is kept better.
        began = time.perf_counter()
        network, _ = job.fitted(np.arange(len(target)), validation[:0], progress.best_epoch + 1, "refitted")
        if workers.leads:
            took = time.perf_counter() - began
            print(f"Trained again on all rows: {features.shape}, {took:.2f} seconds", flush=True)
    workers.leave()
    if not workers.leads:
        return
    save(network)
    save_results(schema, progress.history | {"best_iteration": progress.best_epoch})
    predict_test_channel(schema, options, lambda found: predict(network, found, workers.device))
    print(f"Total time: {time.perf_counter() - started:.2f} seconds")


@dataclass(frozen=True)
class Job:
    """What the validated and the final fit have in common."""

    options: argparse.Namespace
    workers: parallel.Workers
    schema: Schema
    features: Array
    target: Array

    def fitted(self, training: Array, validation: Array, epochs: int, name: str) -> tuple[Network, Progress]:
        """The network of the best epoch, and how it came about. `name` is the checkpoint's."""
        device, options = self.workers.device, self.options
        torch.manual_seed(options.seed)
        layout = architecture(self.schema, self.features[training], options.hidden, options.layers)
        network = Network(**layout)
        network.learn_scales(self.features[training], self.target[training])
        network.to(device)
        features, target, *parts = (
            torch.from_numpy(values).to(device) for values in (self.features, self.target, training, validation)
        )
        rows = Rows(self.schema.task, features, network.to_units(target), self.target, *parts)
        folder = checkpoint_folder()
        mark = fingerprint(vars(options) | {"fit": name, "for": epochs}, (self.features, self.target))
        fit = Fit(network, self.workers, rows, options, epochs, quiet=name == "refitted")
        progress = fit.run(folder and folder / f"{name}.pt", mark)
        best = Network(**layout)
        best.load_state_dict(progress.best_weights)
        return best, progress


def make_repeatable() -> None:
    """The same seed shall give the same network, on the same machine to the last bit."""
    torch.set_num_threads(threads())
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)


def save(network: Network) -> None:
    folder = Path(os.environ["SM_MODEL_DIR"])
    torch.save(network.state_dict(), folder / "model.pt")
    (folder / "architecture.json").write_text(json.dumps(network.arguments, indent=2), "utf-8")
    print(f"Model saved to {folder / 'model.pt'}")


def predict(network: Network, features: Array, device: torch.device) -> Array:
    """The probability of each class, or the value."""
    with torch.no_grad():
        return network.answers(network.to(device)(torch.from_numpy(features.copy()).to(device)))


if __name__ == "__main__":
    # Not the other way round: torchrun would print the message of an error, with the cell that the log leaves out.
    record(partial(run, main))()
