"""The folders of a training container."""

from dataclasses import dataclass
from pathlib import Path

# In the container: the parent of the channels' folders.
CHANNELS = "/opt/ml/input/data"


@dataclass(frozen=True)
class Folders:
    """The container's folders; `root` stands for `/opt/ml`."""

    root: Path

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def config(self) -> Path:
        return self.input / "config"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def output_data(self) -> Path:
        return self.output / "data"

    @property
    def intermediate(self) -> Path:
        return self.output / "intermediate"

    @property
    def checkpoints(self) -> Path:
        """Only there for a job with a CheckpointConfig."""
        return self.root / "checkpoints"

    @property
    def packages(self) -> Path:
        """What the script's requirements.txt brought; in a container that is the interpreter's own folder."""
        return self.root / "packages"

    @property
    def failure(self) -> Path:
        return self.output / "failure"

    def channel(self, name: str) -> Path:
        """Where the files of an input channel have to lie when the script starts."""
        return self.input / "data" / name
