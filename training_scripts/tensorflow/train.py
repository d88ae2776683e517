"""Trains a neural network, with Keras 3 on TensorFlow, on any CSV with a header: numbers, texts as categories, dates,
missing values. On one instance or many, with GPUs or without.

In SageMaker or on a laptop alike, by the container contract of script mode:

    SM_CHANNEL_TRAIN=data SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=output PYTHONPATH=layers/core \\
        python training_scripts/tensorflow/train.py --target Survived --hidden 32

In:  the one CSV of the channel `train`, and of `test` if there is one; every instance reads all of it.
Out: model.keras (from the features to probabilities, or to the value) and dataset.json (how a CSV becomes the
     features) in SM_MODEL_DIR; metrics.json (per epoch) and, with a test channel, predictions.csv in
     SM_OUTPUT_DATA_DIR. Where there is a folder for checkpoints, each epoch leaves one, and a job that is started
     again goes on from it.
"""

import argparse
import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np

from traindrop.dataset import Schema
from traindrop.peers import together
from traindrop.progress import Checkpoint, Progress, unpacked
from traindrop.training_script import (
    Array,
    add_arguments,
    checkpoint_folder,
    fail,
    fingerprint,
    hosts,
    measured,
    predict_test_channel,
    report,
    report_kept,
    run,
    save_results,
    split,
    threads,
    training_data,
)

os.environ["KERAS_BACKEND"] = "tensorflow"  # a person's own settings may name another
try:
    import keras
    import tensorflow as tf
except ModuleNotFoundError as missing:
    fail(f"TensorFlow is not installed here ({missing}). Install it with: make tensorflow")

TRAINING: dict[str, int | float] = {
    "epochs": 200,  # passes over the training rows, at the most
    "patience": 20,  # epochs without a gain in validation before stopping; 0: never stop before the last
    "batch_size": 0,  # rows per step, over all instances; 0: a fiftieth of them, within 32 and 1024
    "lr": 0.002,  # how far a step goes
    "weight_decay": 0.01,  # how much of each weight a step takes away, times lr
    "hidden": 64,  # units of each hidden layer
    "layers": 2,  # hidden layers; 0: a linear model
    "dropout": 0.2,  # share of the hidden units left out at random in a step
}
FARTHEST = 3.0  # standard deviations: a number farther off counts for hardly more, however wild it is
EVALUATED_ROWS = 8192  # at a time, so that memory does not grow with the file
PORT, PORTS = 20_000, 32  # the first of so many ports: instances meet there, and on the next ones talks TensorFlow


def arguments() -> argparse.ArgumentParser:
    """Every flag that the script takes; any other is an error."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw, allow_abbrev=False)
    add_arguments(parser)
    for name, default in TRAINING.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    # The image gives it to a script that is tuned. The model goes to SM_MODEL_DIR all the same.
    parser.add_argument("--model_dir", help=argparse.SUPPRESS)
    return parser


def main() -> None:
    started = time.perf_counter()
    options = arguments().parse_args()
    names = hosts()
    with together(names, os.environ.get("SM_CURRENT_HOST", names[0]), port(names[0])) as rank:
        schema, features, target = training_data(options)
        training, validation = split(target, schema, options.validation_fraction, options.seed)
        parts = {"train": training, "validation": validation} if len(validation) else {"train": training}
        if rank == 0:  # the others have the same weights: one tells, and saves
            print(f"Train size: {features[training].shape}")
            print(f"Validation size: {features[validation].shape}", flush=True)

        began = time.perf_counter()
        keras.utils.set_random_seed(options.seed)
        tf.config.threading.set_intra_op_parallelism_threads(threads())
        network = Network(strategy(rank), rank, schema, features[training], target[training], options)
        history = fit(network, schema, features, target, parts, options)
        if rank > 0:
            return
        print(f"Training time: {time.perf_counter() - began:.2f} seconds", flush=True)
        model = Path(os.environ["SM_MODEL_DIR"]) / "model.keras"
        network.model.save(model)
        save_results(schema, history)
        print(f"Model saved to {model}")
        predict_test_channel(schema, options, network.predict)
        print(f"Total time: {time.perf_counter() - started:.2f} seconds", flush=True)


def port(first: str) -> int:
    """Where the first instance waits for the others. On one machine each job has a network 127.0.N.0 of its own, but
    TensorFlow listens on all of them: ports tell jobs apart."""
    network = re.fullmatch(r"127\.0\.(\d{1,3})\.\d{1,3}", first)
    return PORT + PORTS * int(network[1]) if network else PORT


def strategy(rank: int) -> Any:
    """A `tf.distribute.Strategy`: the CPU or every GPU of every instance, each with its share of every step."""
    names = hosts()
    if len(names) > 1:
        workers = [f"{name}:{port(names[0]) + 1 + number}" for number, name in enumerate(names)]
        task = {"type": "worker", "index": rank}
        os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": workers}, "task": task})
        if interface := os.environ.get("SM_NETWORK_INTERFACE_NAME"):
            os.environ.setdefault("NCCL_SOCKET_IFNAME", interface)
        return tf.distribute.MultiWorkerMirroredStrategy()
    many = len(tf.config.list_physical_devices("GPU")) > 1
    return tf.distribute.MirroredStrategy() if many else tf.distribute.get_strategy()


class Network:
    """A network that is the same on every device of every instance: each has its share of the rows of a step, and the
    gradients are summed over all. `Model.fit` of Keras 3 does not work with several instances
    (https://github.com/keras-team/keras/issues/20585), so the step is written out."""

    def __init__(
        self, strategy: Any, rank: int, schema: Schema, features: Array, target: Array, options: argparse.Namespace
    ) -> None:
        self.strategy, self.rank, self.instances = strategy, rank, len(hosts())
        self.estimates = schema.task == "regression"
        # Values are estimated in standard deviations from their mean.
        self.mean, self.deviation = mean_and_deviation(target) if self.estimates else (0.0, 1.0)
        with strategy.scope():
            inputs = keras.Input((len(schema.columns),), name="features")
            scores = scored(prepared(inputs, schema, features), len(schema.classes) or 1, options)
            # A large mean would leave float32 few digits.
            values = keras.layers.Rescaling(self.deviation, self.mean, dtype="float64")
            answer = values if self.estimates else keras.layers.Softmax()
            self.trained = keras.Model(inputs, scores)
            self.model = keras.Model(inputs, answer(scores))  # has the same weights; is what is kept
            self.optimizer = keras.optimizers.AdamW(options.lr, weight_decay=options.weight_decay)
            self.optimizer.build(self.trained.trainable_variables)

    @property
    def state(self) -> list[Any]:
        """The variables that training changes."""
        return [*self.trained.variables, *self.optimizer.variables]

    def epoch(self, features: Array, target: Array, order: Array, batch_size: int) -> None:
        """One step for every `batch_size` rows, in this order."""
        labels = ((target - self.mean) / self.deviation).astype(np.float32)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            self._step(self._shares(features[rows]), self._shares(labels[rows]), tf.constant(float(len(rows))))

    def predict(self, features: Array) -> Array:
        """Probabilities (rows, classes) or values (rows, 1), worked out by this instance alone."""
        starts = range(0, max(len(features), 1), EVALUATED_ROWS)
        return np.concatenate([self._answer(features[start : start + EVALUATED_ROWS]).numpy() for start in starts])

    def predict_together(self, features: Array) -> Array:
        """The same, each instance for its share of the rows; all have to call it, and all get the whole answer."""
        found = np.zeros((len(features), self.model.output_shape[1]), self.model.output.dtype)
        found[self.rank :: self.instances] = self.predict(features[self.rank :: self.instances])
        return self._total(found)

    def from_first(self, content: bytes) -> bytes:
        """What the first instance has, on all of them; the others call it with nothing."""
        size = int(self._total(np.array(len(content))))
        if not size:  # TensorFlow 2.21 crashes on a sum of nothing
            return b""
        found = np.zeros(size, np.int32)
        found[: len(content)] = np.frombuffer(content, np.uint8)
        return self._total(found).astype(np.uint8).tobytes()

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _step(self, features: Any, labels: Any, rows: Any) -> None:
        self.strategy.run(self._own_step, args=(features, labels, rows))

    def _own_step(self, features: Any, labels: Any, rows: Any) -> None:
        weights = self.trained.trainable_variables
        with tf.GradientTape() as tape:
            scores = self.trained(features, training=True)
            if self.estimates:
                losses = tf.square(scores[:, 0] - labels)
            else:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(labels, tf.int32), scores)
            loss = tf.reduce_sum(losses) / rows  # of all instances: the sum over the shares is the step's mean
        # The optimizer of Keras sums them over all devices; those of embeddings are sparse and would not fit together.
        self.optimizer.apply([tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, weights)], weights)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def _answer(self, features: Any) -> Any:
        return self.model(features, training=False)

    def _shares(self, rows: Array) -> Any:
        """On each device, of all instances' together, every so-manieth row."""
        devices = self.strategy.num_replicas_in_sync
        return self.strategy.experimental_distribute_values_from_function(
            lambda device: tf.constant(rows[device.replica_id_in_sync_group :: devices])
        )

    def _total(self, value: Array) -> Array:
        """The sum of what the instances have, on all of them."""
        if self.instances == 1:
            return value
        devices = self.strategy.num_replicas_in_sync // self.instances
        held = self.strategy.experimental_distribute_values_from_function(
            lambda device: tf.constant(
                value if device.replica_id_in_sync_group % devices == 0 else np.zeros_like(value)
            )
        )
        found: Array = self.strategy.reduce("SUM", held, axis=None).numpy()
        return found


def prepared(inputs: Any, schema: Schema, features: Array) -> Any:
    """The features as layers want them: numbers around 0, a gap as 0 and with a 1 of its own, categories as vectors.

    All of it is layers of Keras's own, so that model.keras needs nothing beside Keras to be loaded.
    """
    ops, parts = keras.ops, []
    numbers = [n for n, kind in enumerate(schema.feature_types) if kind == "q"]
    if numbers:
        mean, deviation = np.array([mean_and_deviation(features[:, n]) for n in numbers], np.float32).T
        found = ops.take(inputs, numbers, axis=1)
        missing = ops.isnan(found)
        scaled = (ops.where(missing, mean, found) - mean) / deviation
        parts.append(FARTHEST * ops.tanh(scaled / FARTHEST))  # straight near 0 and level far away
        # Of a column without gaps in training nothing could be learnt about one.
        gaps = [at for at, n in enumerate(numbers) if np.isnan(features[:, n]).any()]
        if gaps:
            parts.append(ops.cast(ops.take(missing, gaps, axis=1), "float32"))
    for n, column in enumerate(schema.columns):
        if n not in numbers:
            missing = len(column.categories) + column.other  # the code after all others
            found = ops.take(inputs, [n], axis=1)
            codes = ops.cast(ops.where(ops.isnan(found), float(missing), found), "int32")
            width = min(50, round(1.6 * (missing + 1) ** 0.56))  # a rule of thumb of the fastai library
            parts.append(keras.layers.Flatten()(keras.layers.Embedding(missing + 1, width)(codes)))
    return keras.layers.Concatenate()(parts)


def mean_and_deviation(column: Array) -> tuple[float, float]:
    """Of the finite values; such that every column can be divided by its deviation."""
    known = column[np.isfinite(column)].astype(np.float64)
    return (float(known.mean()), float(known.std()) or 1.0) if len(known) else (0.0, 1.0)


def scored(features: Any, outputs: int, options: argparse.Namespace) -> Any:
    """The sum of a linear model's scores and of hidden layers': where the data hold no more than a linear model sees,
    that is what is learnt. Before the first step every class has the same chance."""
    scores = keras.layers.Dense(outputs, kernel_initializer="zeros")(features)
    hidden = features
    for _ in range(options.layers):
        hidden = keras.layers.Dropout(options.dropout)(keras.layers.Dense(options.hidden, "relu")(hidden))
    if options.layers:
        scores += keras.layers.Dense(outputs, kernel_initializer="zeros", use_bias=False)(hidden)
    return scores


def fit(
    network: Network,
    schema: Schema,
    features: Array,
    target: Array,
    parts: dict[str, Array],
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Train until nothing is gained any more, and leave the network as it was at its best. Gives the metrics by part
    and name, one value per epoch."""
    data = {part: (features[rows], target[rows]) for part, rows in parts.items()}
    folder = checkpoint_folder() if network.rank == 0 else None
    mark = fingerprint(vars(options), (features, target))
    checkpoint = Checkpoint(folder / "training.npz" if folder else None, mark)
    progress = Progress()
    if content := network.from_first(checkpoint.content()):
        progress, state = unpacked(content, mark)
        for variable, value in zip(network.state, state, strict=True):
            variable.assign(value)
    while progress.goes_on(options.epochs, options.patience):
        # By the seed and the epoch's number alone: an interrupted job goes on as if nothing had happened.
        order = np.random.default_rng((options.seed, progress.epochs)).permutation(len(parts["train"]))
        network.epoch(*data["train"], order, options.batch_size or min(max(len(order) // 50, 32), 1024))
        metrics = {
            part: measured(values, network.predict_together(rows), schema.task) for part, (rows, values) in data.items()
        }
        if not all(math.isfinite(value) for part in metrics.values() for value in part.values()):
            if progress.best_weights:
                break
            fail(f"The network of epoch {progress.epochs} gives no numbers: lr {options.lr} is too long a step.")
        if network.rank == 0:
            report(progress.epochs, metrics, progress.history)
        progress.add(metrics, network.trained.get_weights)
        checkpoint.save(progress, [variable.numpy() for variable in network.state] if folder else [])
    if progress.best_weights:
        network.trained.set_weights(progress.best_weights)
        progress.history["best_iteration"] = progress.best_epoch
        if network.rank == 0:
            report_kept(progress.best_epoch, progress.history)
    return progress.history


if __name__ == "__main__":
    run(main)
