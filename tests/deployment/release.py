"""The release that a new one is deployed over: template, functions and core package, as they were."""

import tarfile
from pathlib import Path

ARCHIVE = Path(__file__).with_name("release-0.1.tar.gz")


def unpack(folder: Path) -> Path:
    """The old release's own files in `folder`, ready to deploy.

    Made by `git archive edb5b5b template.yaml functions layers/core/traindrop training_scripts/xgboost`. It needs no
    history of this repository, and its code, not today's, writes what the upgrade finds.
    """
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    # The layer is its requirements only, which here are the environment's.
    (folder / "layers" / "scoring").mkdir()
    return folder
