"""An image of a person's own, made of busybox alone: no registry can be reached."""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from traindrop_cli.local.sagemaker.docker_engine import DockerEngine, NoDocker

NAME = f"traindrop-test:{os.getpid()}"  # test processes beside each other have one each
# What it does is told by a variable of the request.
TRAIN = """#!/bin/sh
cd /opt/ml
echo "$HOW, files $(ls input/data/train), $(cat input/config/hyperparameters.json)"
case $HOW in
    fail) echo "no rows" > output/failure; exit 3 ;;
    break) exit 7 ;;
    sleep) sleep 60 ;;
esac
echo x > "model/x-$(grep -o 'current_host": "[^"]*' input/config/resourceconfig.json | cut -d'"' -f3)"
"""


@pytest.fixture(scope="session")
def engine() -> DockerEngine:
    """The Docker engine of this machine; skips where there is none."""
    try:
        return DockerEngine.of_this_machine(None)
    except NoDocker as problem:
        pytest.skip(f"Docker is needed, and {problem}")


@pytest.fixture(scope="session")
def image(engine: DockerEngine) -> Iterator[str]:
    """The name of the image; skips where there is no busybox to make it of."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("a static busybox is needed to make an image of (Debian's package busybox-static)")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(busybox, "bin/busybox")
        for program in ("sh", "cat", "ls", "grep", "cut", "sleep", "chown"):
            link = tarfile.TarInfo(f"bin/{program}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        script = tarfile.TarInfo("bin/train")
        script.size, script.mode = len(TRAIN), 0o755
        tar.addfile(script, io.BytesIO(TRAIN.encode()))
    command = [engine.cli, "import", "--change", "ENV PATH=/bin", "-", NAME]
    subprocess.run(command, env=engine.env, input=packed.getvalue(), check=True, capture_output=True)  # noqa: S603 - the engine or our own interpreter
    yield NAME
    subprocess.run([engine.cli, "rmi", "--force", NAME], env=engine.env, check=True, capture_output=True)  # noqa: S603 - the engine or our own interpreter
