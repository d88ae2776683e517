"""The epochs: steps through the training rows, a look at the validation rows, a checkpoint, and when to stop."""

import argparse
import copy
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from network import Network
from parallel import Workers, all_of, own_part, split_like
from torch import Tensor

from traindrop.training_script import Array, fail, measured, replacing, report

ROWS_AT_ONCE = 65_536  # of a forward pass without gradients
# What is kept is a running mean of the weights after each step, over about the last hundred: steps through a few rows
# go to and fro, their mean does not.
AVERAGED = 0.99


@dataclass(frozen=True)
class Rows:
    """All rows on the device, in the file's order; `training` and `validation` are row numbers, `units` the target as
    the network takes it, `target` as it is."""

    task: str
    features: Tensor
    units: Tensor
    target: Array
    training: Tensor
    validation: Tensor


@dataclass
class Progress:
    """How far a fit is: epochs and steps done, metrics by part and name, and the best epoch with its weights.

    Metrics, and the loss that was the best, are the leading process's alone."""

    epochs: int = 0
    steps: int = 0
    history: dict[str, Any] = field(default_factory=dict)
    best_epoch: int = -1
    best_loss: float = math.inf
    best_weights: dict[str, Tensor] = field(default_factory=dict)


class Fit:
    """A network on its way, in each of the job's processes; `network` has seen no row yet.

    It takes `epochs` at the most. With `quiet` no metrics are reported."""

    def __init__(
        self, network: Network, workers: Workers, rows: Rows, options: argparse.Namespace, epochs: int, *, quiet: bool
    ) -> None:
        self.workers, self.rows, self.options, self.epochs, self.quiet = workers, rows, options, epochs, quiet
        average = copy.deepcopy(network)  # before it is split: what is split is not split again
        self.network, self.average = workers.split(network), workers.split(average)
        self.called = workers.joined(self.network)
        # One parameter after the other: whole and split ones do not go into one call.
        groups = parameter_groups(self.network, options.l2_regularization / len(rows.training))
        self.optimizer = torch.optim.Adam(groups, lr=options.lr, foreach=False)
        self.progress = Progress()

    def run(self, checkpoint: Path | None, mark: str) -> Progress:
        """Train until validation has not gained for `patience` epochs; through all epochs where there is no validation.

        Goes on from `checkpoint` if it was written for the same `mark`. Ends the job where the loss is no number.
        """
        workers, progress = self.workers, self.progress
        keeps = workers.agreed(checkpoint is not None)
        saved = workers.agreed(found(checkpoint, mark) if workers.leads and checkpoint else None)
        if saved:
            progress = self.progress = self.restored(saved)
        while progress.epochs < self.epochs and not self.out_of_patience():
            answers = self.network.answers(self.scores())
            better = workers.agreed(self.judged(answers) if workers.leads else None)
            if better:
                progress.best_epoch, progress.best_weights = progress.epochs, whole(self.average)
            progress.epochs += 1
            if keeps:
                state = {"mark": mark, **self.state()}
                if workers.leads and checkpoint:
                    with replacing(checkpoint) as partial:
                        torch.save(state, partial)
        if progress.best_epoch < 0:
            fail(f"The loss was never a number: steps of lr {self.options.lr} are too long for these data. Set less.")
        return progress

    def scores(self) -> Tensor:
        """Of all rows after one more epoch: a training row's from when its turn came, a validation row's from its end.

        Nothing but the weights, the seed and the epoch's number decides what happens.
        """
        rows, workers, count = self.rows, self.workers, len(self.rows.training)
        random = torch.Generator(workers.device).manual_seed(self.options.seed * 1_000_003 + self.progress.epochs)
        order = torch.randperm(count, generator=random, device=workers.device)
        scores = torch.zeros(len(rows.features), self.network.outputs, device=workers.device)
        for batch in order.split(self.options.batch_size or min(max(count // 50, 32), 1024)):
            masks = self.network.dropout_masks(len(batch), self.options.dropout, random)
            own = rows.training[workers.own(batch)]
            scores[own] = self.step(own, masks and [workers.own(mask) for mask in masks], len(batch))
        with torch.no_grad():
            for own in workers.own(rows.validation).split(ROWS_AT_ONCE):
                scores[own] = self.average(rows.features[own])
        return workers.whole(scores)

    def step(self, own: Tensor, masks: list[Tensor] | None, batch: int) -> Tensor:
        """One step down the mean loss of `batch` rows, of which `own` are this process's. Gives the scores of these."""
        scores = self.called(self.rows.features[own], masks)
        # Gradients are averaged over the processes; the mean of these means is that of the batch.
        loss = self.network.loss(scores, self.rows.units[own]) * self.workers.shares / batch
        self.optimizer.zero_grad()
        loss.backward()
        self.workers.average_gradients(self.network)
        self.optimizer.step()
        self.progress.steps += 1
        steps = self.progress.steps
        kept = min(AVERAGED, steps / (steps + 10))  # soon forgets how it began
        with torch.no_grad():
            for mean, values in zip(self.average.parameters(), self.network.parameters(), strict=True):
                own_part(mean).lerp_(own_part(values), 1 - kept)
        found: Tensor = scores.detach()
        return found

    def judged(self, answers: Array) -> bool:
        """Whether the epoch, which is reported, is the best so far."""
        parts = {"train": self.rows.training.cpu().numpy(), "validation": self.rows.validation.cpu().numpy()}
        metrics = {
            part: measured(self.rows.target[own], answers[own], self.rows.task)
            for part, own in parts.items()
            if len(own)
        }
        if not self.quiet:
            report(self.progress.epochs, metrics, self.progress.history)
        *_, loss = metrics.get("validation", metrics["train"]).values()
        # Without validation the last one is taken for the best.
        better = loss < self.progress.best_loss if "validation" in metrics else math.isfinite(loss)
        if better:
            self.progress.best_loss = loss
        return better

    def out_of_patience(self) -> bool:
        waited = self.progress.epochs - 1 - self.progress.best_epoch
        return len(self.rows.validation) > 0 and waited >= self.options.patience

    def state(self) -> dict[str, Any]:
        """All that the next epoch depends on, whole, and what was found so far. Every process has to ask for it."""
        moments = self.optimizer.state_dict()["state"]
        return {
            "progress": vars(self.progress),
            "network": whole(self.network),
            "average": whole(self.average),
            "moments": {n: {name: all_of(v) for name, v in kept.items()} for n, kept in moments.items()},
        }

    def restored(self, saved: dict[str, Any]) -> Progress:
        """Put everything back to where it was."""
        with torch.no_grad():
            for part in ("network", "average"):
                for name, values in getattr(self, part).state_dict().items():
                    values.copy_(split_like(saved[part][name], values))
        parameters = [values for group in self.optimizer.param_groups for values in group["params"]]
        moments = {
            n: {name: split_like(v, parameters[n]) if v.ndim else v for name, v in kept.items()}
            for n, kept in saved["moments"].items()
        }
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        return Progress(**saved["progress"])


def parameter_groups(network: Network, l2: float) -> list[dict[str, Any]]:
    """Weights are to stay small, by half of `l2` times their squares in the loss of a row, as in a logistic regression;
    what shifts them, or stands for a category, is free."""
    named = list(network.named_parameters())
    bound = {name for name, values in named if values.ndim > 1 and not name.startswith("embeddings")}
    return [
        {"params": [values for name, values in named if name in bound], "weight_decay": l2},
        {"params": [values for name, values in named if name not in bound], "weight_decay": 0.0},
    ]


def whole(network: Network) -> dict[str, Tensor]:
    """The network's weights as those of a single process."""
    return {name: all_of(values) for name, values in network.state_dict().items()}


def found(checkpoint: Path, mark: str) -> dict[str, Any] | None:
    """What was saved, if it was for the same job."""
    if not checkpoint.is_file():
        return None
    saved: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    if saved["mark"] != mark:
        print(f"{checkpoint} is of other data or settings: starting anew.", flush=True)
        return None
    print(f"Going on after epoch {saved['progress']['epochs'] - 1} from {checkpoint}.", flush=True)
    return saved
