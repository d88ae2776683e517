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
from pathlib import Path
from typing import Any

from traindrop.training_script import (
    Array,
    add_arguments,
    checkpoint_folder,
    fail,
    fingerprint,
    predict_test_channel,
    run,
    save_results,
    split,
    threads,
    training_data,
)

try:
    import torch
    from torch.distributed.elastic.multiprocessing.errors import record
except ModuleNotFoundError as missing:
    fail(f"PyTorch is not installed here ({missing}). Install it with: make pytorch")

import parallel
from fitting import Fit, Rows
from network import Network, architecture

TRAINING: dict[str, int | float] = {
    "epochs": 200,  # passes over the training rows, at the most
    "patience": 20,  # epochs without a gain in validation before stopping
    "batch_size": 0,  # rows per step, over all processes; 0: a fiftieth of them, within 32 and 1024
    "lr": 0.001,  # how far a step goes
    "weight_decay": 0.01,  # how much of each weight a step takes away, times lr
    "hidden": 128,  # width of the hidden layers
    "layers": 2,  # hidden blocks, of two layers each
    "dropout": 0.3,  # share of the prepared features, and of each block's outputs, left out at random in a step
}


def arguments() -> argparse.ArgumentParser:
    """Every flag that the script takes; any other is an error."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    add_arguments(parser)
    for name, default in TRAINING.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
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
    make_repeatable(options.seed)
    workers = parallel.Workers.join(tensor)
    schema, features, target = training_data(options)
    training, validation = split(target, schema, options.validation_fraction, options.seed)
    if workers.leads:
        print(f"Train size: {features[training].shape}")
        print(f"Validation size: {features[validation].shape}", flush=True)

    began = time.perf_counter()
    layout = architecture(schema, features[training], options.hidden, options.layers)
    network = Network(**layout)
    network.learn_scales(features[training], target[training])
    network.to(workers.device)
    on_device = [torch.from_numpy(values).to(workers.device) for values in (features, target, training, validation)]
    rows = Rows(on_device[0], network.to_units(on_device[1]), target, on_device[2], on_device[3])
    folder = checkpoint_folder()
    mark = fingerprint(vars(options), features, target)
    progress = Fit(network, workers, rows, schema.task, options).run(folder and folder / "training.pt", mark)
    workers.leave()
    if not workers.leads:
        return
    print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)

    network = Network(**layout).to(workers.device)
    network.load_state_dict(progress.best_weights)
    save(network, layout)
    save_results(schema, progress.history | {"best_iteration": progress.best_epoch})
    predict_test_channel(schema, options, lambda found: predict(network, found, workers.device))
    print(f"Total time: {time.perf_counter() - started:.2f} seconds")


def make_repeatable(seed: int) -> None:
    """The same seed, the same network: on the same machine to the last bit."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads())
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)


def save(network: Network, layout: dict[str, Any]) -> None:
    folder = Path(os.environ["SM_MODEL_DIR"])
    torch.save(network.cpu().state_dict(), folder / "model.pt")
    (folder / "architecture.json").write_text(json.dumps(layout, indent=2), "utf-8")
    print(f"Model saved to {folder / 'model.pt'}")


def predict(network: Network, features: Array, device: torch.device) -> Array:
    """The probability of each class, or the value."""
    with torch.no_grad():
        return network.answers(network.to(device)(torch.from_numpy(features.copy()).to(device)))


if __name__ == "__main__":
    run(record(main))
