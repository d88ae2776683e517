"""The hyperparameters that `training_scripts/tensorflow/train.py` takes, checked before money is spent."""

from pydantic import Field

from traindrop.hyperparameters.model import Hyperparameters


class TensorFlowHyperparameters(Hyperparameters):
    """Those of framework tensorflow."""

    epochs: int = Field(200, ge=1, le=100_000, description="Most passes over the training rows.")
    patience: int = Field(20, ge=0, description="Epochs without a gain in validation before stopping; 0: never stop.")
    batch_size: int = Field(
        0, ge=0, description="Rows of a step, over all instances; 0: a fiftieth of all, from 32 to 1024."
    )
    lr: float = Field(0.002, gt=0, le=1, description="Learning rate of AdamW.")
    weight_decay: float = Field(0.01, ge=0, description="Of AdamW.")
    hidden: int = Field(64, ge=1, le=65_536, description="Units of each hidden layer.")
    layers: int = Field(2, ge=0, le=100, description="Hidden layers; 0 leaves a linear model.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of the hidden units left out of a step.")
