"""A multilayer perceptron for rows of a table, which prepares the features itself: what is saved is all of it."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from traindrop.dataset import Schema
from traindrop.training_script import Array

FARTHEST = 3.0  # no number counts for more than if it were so many interquartile ranges from the median


def architecture(schema: Schema, features: Array, hidden: int, layers: int) -> dict[str, Any]:
    """The arguments of a `Network` for these training rows; all that has to be known beside its weights."""
    numbers = [n for n, kind in enumerate(schema.feature_types) if kind == "q"]
    categories = [n for n, kind in enumerate(schema.feature_types) if kind == "c"]
    return {
        "numbers": numbers,
        "gaps": [n for n in numbers if np.isnan(features[:, n]).any()],
        "categories": categories,
        "sizes": [len(schema.columns[n].categories) + schema.columns[n].other for n in categories],
        "outputs": len(schema.classes) or 1,
        "hidden": hidden,
        "layers": layers,
    }


class Network(nn.Module):  # type: ignore[misc]
    """From features as `traindrop.dataset.read` gives them, float32 (rows, columns) with NaN for missing, to scores
    (rows, outputs): logits of the classes; of a regression the value, in units that `to_units` tells.

    `numbers` and `categories` are positions of columns, `sizes` the number of categories of each, `gaps` the columns of
    numbers some of which are missing. The scores are the sum of a linear model's and of `layers` residual blocks',
    each `hidden` wide: where the data hold no more than a linear model sees, that is what is learnt.
    """

    def __init__(
        self,
        numbers: Sequence[int],
        gaps: Sequence[int],
        categories: Sequence[int],
        sizes: Sequence[int],
        outputs: int,
        hidden: int,
        layers: int,
    ) -> None:
        super().__init__()
        self.arguments = {  # what another network like this one is made with
            "numbers": numbers,
            "gaps": gaps,
            "categories": categories,
            "sizes": sizes,
            "outputs": outputs,
            "hidden": hidden,
            "layers": layers,
        }
        self.numbers, self.gaps, self.categories = list(numbers), list(gaps), list(categories)
        self.register_buffer("median", torch.zeros(len(numbers)))
        self.register_buffer("scale", torch.ones(len(numbers)))
        self.register_buffer("target_mean", torch.zeros(()))
        self.register_buffer("target_deviation", torch.ones(()))
        # One more than there are categories: the first is for missing.
        self.embeddings = nn.ModuleList(nn.Embedding(size + 1, dimensions(size)) for size in sizes)
        self.width = len(numbers) + len(gaps) + sum(map(dimensions, sizes))
        self.hidden, self.outputs = hidden, outputs
        self.linear = nn.Linear(self.width, outputs)
        self.enter = nn.Linear(self.width, hidden)
        self.blocks = nn.ModuleList(Block(hidden) for _ in range(layers))
        self.leave = nn.Linear(hidden, outputs)
        # Before the first step every class has the same chance.
        for layer in (self.linear, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def learn_scales(self, features: Array, target: Array) -> None:
        """Medians and scales of the training rows."""
        for n, column in enumerate(self.numbers):
            values = features[:, column].astype(np.float64)
            low, quarter, median, three_quarters, high = quantiles(values[~np.isnan(values)])
            self.median[n] = median
            # Where most rows have the same value there is no interquartile range.
            spread = (three_quarters - quarter) or (high - low) / 2
            self.scale[n] = 1 / spread if spread else 0
        if self.outputs == 1:
            self.target_mean.fill_(float(target.mean()))
            self.target_deviation.fill_(float(target.std()) or 1.0)

    def forward(self, features: Tensor, masks: Sequence[Tensor] | None = None) -> Tensor:
        """`masks`, while training, are of `dropout_masks`."""
        kept = masks or [None] * (len(self.blocks) + 1)
        prepared = masked(self.prepare(features), kept[0])
        hidden = self.enter(prepared)
        for block, mask in zip(self.blocks, kept[1:], strict=True):
            hidden = hidden + masked(block(hidden), mask)
        scores: Tensor = self.linear(prepared) + self.leave(hidden)
        return scores

    def prepare(self, features: Tensor) -> Tensor:
        """Numbers around 0, a gap as 0 and with a 1 of its own, and each category as its embedding."""
        scaled = ((features[:, self.numbers] - self.median) * self.scale / FARTHEST).clamp(-1e6, 1e6)
        # Straight near 0 and level far from it, so that one wild value does not outweigh all others.
        bent = FARTHEST * scaled / torch.sqrt(1 + scaled**2)
        codes = (features[:, self.categories] + 1).nan_to_num(0).long()
        embedded = [layer(codes[:, n]) for n, layer in enumerate(self.embeddings)]
        return torch.cat([bent.nan_to_num(0), features[:, self.gaps].isnan().float(), *embedded], dim=1)

    def dropout_masks(self, rows: int, share: float, random: torch.Generator) -> list[Tensor] | None:
        """What to multiply the prepared features and each block's outputs with, of so many rows.

        Not drawn by the layers themselves, so that processes that share the rows draw what one would.
        """
        if not share:
            return None
        widths = [self.width] + [self.hidden] * len(self.blocks)
        drawn = (torch.rand(rows, width, generator=random, device=random.device) for width in widths)
        return [(values >= share) / (1 - share) for values in drawn]

    def to_units(self, target: Tensor) -> Tensor:
        """The target as `loss` takes it: class numbers, or values with mean 0 and deviation 1 in the training rows."""
        if self.outputs > 1:
            return target.long()
        return ((target - self.target_mean) / self.target_deviation).float()

    def loss(self, scores: Tensor, units: Tensor) -> Tensor:
        """What training makes small, summed over the rows."""
        if self.outputs > 1:
            return functional.cross_entropy(scores, units, reduction="sum")
        return functional.mse_loss(scores[:, 0], units, reduction="sum")

    def answers(self, scores: Tensor) -> Array:
        """The probability of each class, or the value."""
        found = scores.detach().double().cpu()
        values = found[:, 0] * self.target_deviation.cpu() + self.target_mean.cpu()
        answers: Array = (found.softmax(dim=1) if self.outputs > 1 else values).numpy()
        return answers


class Block(nn.Module):  # type: ignore[misc]
    """A hidden layer; what it gives is added to what it got. `parallel.py` splits `expand` and `contract`."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)  # of a row by itself: no row depends on which others are in its batch
        self.expand = nn.Linear(hidden, hidden)
        self.contract = nn.Linear(hidden, hidden)

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.contract(torch.relu(self.expand(self.norm(inputs))))
        return found


def masked(values: Tensor, mask: Tensor | None) -> Tensor:
    return values if mask is None else values * mask


def dimensions(size: int) -> int:
    """Of the embedding of a column with so many categories: the fastai library's rule of thumb."""
    return min(50, round(1.6 * math.pow(size + 1, 0.56)))


def quantiles(values: Array) -> list[float]:
    """The least, a quarter's, the median, three quarters' and the greatest; zeros where there are no values."""
    found: list[float] = np.quantile(values, [0, 0.25, 0.5, 0.75, 1]).tolist() if len(values) else [0.0] * 5
    return found
