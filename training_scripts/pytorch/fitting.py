"""The epochs: steps through the training rows, a look at the validation rows, a checkpoint, and when to stop."""

import argparse
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from network import Network
from parallel import Workers, all_of, split_like
from torch import Tensor

from traindrop.training_script import Array, fail, measured, replacing, report

ROWS_AT_ONCE = 65_536  # of a forward pass without gradients


@dataclass(frozen=True)
class Rows:
    """All rows on the device, in the file's order; `training` and `validation` are row numbers, `units` the target as
    the network takes it, `target` as it is."""

    features: Tensor
    units: Tensor
    target: Array
    training: Tensor
    validation: Tensor


@dataclass
class Progress:
    """How far a fit is: epochs done, metrics by part and name, and the best epoch with its weights.

    Metrics, and the loss that was the best, are the leading process's alone."""

    epochs: int = 0
    history: dict[str, Any] = field(default_factory=dict)
    best_epoch: int = -1
    best_loss: float = math.inf
    best_weights: dict[str, Tensor] = field(default_factory=dict)


def fit(
    network: Network,
    workers: Workers,
    rows: Rows,
    task: str,
    options: argparse.Namespace,
    checkpoint: Path | None,
    mark: str,
) -> Progress:
    """Train until validation has not gained for `patience` epochs, or for all `epochs` where there is no validation.

    Goes on from `checkpoint` if it was written for the same `mark`; without a path none is read or written.
    """
    called = workers.share(network)
    optimizer = torch.optim.AdamW(parameter_groups(network, options.weight_decay), lr=options.lr, foreach=False)
    keeps = workers.agreed(checkpoint is not None)
    saved = workers.agreed(found(checkpoint, mark) if workers.leads and checkpoint else None)
    progress = restored(network, optimizer, saved) if saved else Progress()
    while progress.epochs < options.epochs and not out_of_patience(progress, rows, options.patience):
        scores = steps(called, network, optimizer, workers, rows, options, progress.epochs)
        look(network, workers, rows, scores)
        better = workers.agreed(judge(progress, network, rows, task, scores) if workers.leads else None)
        weights = {name: all_of(values) for name, values in network.state_dict().items()} if better or keeps else {}
        if better:
            progress.best_epoch, progress.best_weights = progress.epochs, weights
        progress.epochs += 1
        if keeps:
            state = {"mark": mark, "progress": vars(progress), "weights": weights, "moments": moments(optimizer)}
            if workers.leads and checkpoint:
                with replacing(checkpoint) as partial:
                    torch.save(state, partial)
    if progress.best_epoch < 0:
        fail(f"The loss was never a number: lr {options.lr} is too long a step for these data. Set a smaller lr.")
    return progress


def parameter_groups(network: Network, weight_decay: float) -> list[dict[str, Any]]:
    """Weights decay; what shifts or stands for a category does not."""
    named = list(network.named_parameters())
    decays = {name for name, values in named if values.ndim > 1 and not name.startswith("embeddings")}
    return [
        {"params": [values for name, values in named if name in decays], "weight_decay": weight_decay},
        {"params": [values for name, values in named if name not in decays], "weight_decay": 0.0},
    ]


def steps(
    called: torch.nn.Module,
    network: Network,
    optimizer: torch.optim.Optimizer,
    workers: Workers,
    rows: Rows,
    options: argparse.Namespace,
    epoch: int,
) -> Tensor:
    """One pass over the training rows. Gives this process's scores of them, as they were when their turn came, and 0
    for all other rows."""
    random = torch.Generator(workers.device).manual_seed(options.seed * 1_000_003 + epoch)
    count = len(rows.training)
    order = torch.randperm(count, generator=random, device=workers.device)
    scores = torch.zeros(len(rows.features), network.outputs, device=workers.device)
    for batch in order.split(options.batch_size or min(max(count // 50, 32), 1024)):
        masks = network.dropout_masks(len(batch), options.dropout, random)
        own = workers.own(batch)
        chosen = rows.training[own]
        given = called(rows.features[chosen], masks and [workers.own(mask) for mask in masks])
        # The mean over the whole batch, of which the processes' gradients are averaged.
        loss = network.loss(given, rows.units[chosen]) * workers.shares / len(batch)
        optimizer.zero_grad()
        loss.backward()
        workers.average_gradients(network.parameters())
        optimizer.step()
        scores[chosen] = given.detach()
    return scores


def look(network: Network, workers: Workers, rows: Rows, scores: Tensor) -> None:
    """Put the scores of the validation rows, and all that other processes have, into `scores`."""
    with torch.no_grad():
        for chosen in workers.own(rows.validation).split(ROWS_AT_ONCE):
            scores[chosen] = network(rows.features[chosen])
    workers.whole(scores)


def judge(progress: Progress, network: Network, rows: Rows, task: str, scores: Tensor) -> bool:
    """Report the epoch; whether it is the best so far."""
    answers = network.answers(scores)
    parts = {"train": rows.training, "validation": rows.validation}
    metrics = {
        part: measured(rows.target[chosen.cpu().numpy()], answers[chosen.cpu().numpy()], task)
        for part, chosen in parts.items()
        if len(chosen)
    }
    report(progress.epochs, metrics, progress.history)
    *_, loss = metrics["validation" if len(rows.validation) else "train"].values()
    # Without validation the last one counts.
    better = loss < progress.best_loss if len(rows.validation) else math.isfinite(loss)
    if better:
        progress.best_loss = loss
    return better


def out_of_patience(progress: Progress, rows: Rows, patience: int) -> bool:
    return len(rows.validation) > 0 and progress.epochs - 1 - progress.best_epoch >= patience


def moments(optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """What the optimizer remembers of each parameter, whole."""
    state = optimizer.state_dict()["state"]
    return {n: {name: all_of(values) for name, values in kept.items()} for n, kept in state.items()}


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


def restored(network: Network, optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> Progress:
    """Put network and optimizer back to where they were."""
    with torch.no_grad():
        for name, values in network.state_dict().items():
            values.copy_(split_like(saved["weights"][name], values))
    parameters = [values for group in optimizer.param_groups for values in group["params"]]
    state = {
        n: {name: split_like(values, parameters[n]) if values.ndim else values for name, values in kept.items()}
        for n, kept in saved["moments"].items()
    }
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return Progress(**saved["progress"])
