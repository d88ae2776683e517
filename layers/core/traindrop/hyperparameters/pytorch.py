"""The hyperparameters that `training_scripts/pytorch/train.py` takes, checked before money is spent."""

from pydantic import Field

from traindrop.hyperparameters.model import Hyperparameters


class PyTorchHyperparameters(Hyperparameters):
    """Those of framework pytorch."""

    epochs: int = Field(200, ge=1, le=100_000, description="Most passes over the training rows.")
    patience: int = Field(20, ge=1, description="Epochs without a gain in validation before stopping.")
    batch_size: int = Field(
        0, ge=0, description="Rows of a step, over all instances; 0: a fiftieth of all, from 32 to 1024."
    )
    lr: float = Field(0.001, gt=0, le=1, description="Learning rate: how far a step goes.")
    l2_regularization: float = Field(
        2.0, ge=0, description="What small weights count for against the rows; in a logistic regression 1/C."
    )
    hidden: int = Field(128, ge=1, le=65_536, description="Width of the hidden layers.")
    layers: int = Field(2, ge=0, le=100, description="Hidden blocks; 0 leaves a linear model.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of features and hidden values left out of a step.")
    refit: bool = Field(
        True, description="After validation, train the model that is kept on all rows; takes as long again."
    )
    tensor_parallel_size: int = Field(
        0, ge=0, description="Processes that share a network where distribution is hybrid; 0: the GPUs of an instance."
    )
