"""Names and addresses for the instances of a job that are all this machine."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from traindrop.instances import ONLY, Instance, instances

MOST = 254  # addresses of one network 127.0.x.0/24
_LOCK_PORT = 61_001  # above the ports that Linux gives out by itself


class NoAddresses(Exception):
    """This machine cannot be as many instances."""


@contextmanager
def loopback_instances(count: int) -> Iterator[list[Instance]]:
    """The job's instances; several get one loopback address each, so that they listen on the same ports side by side
    and their names resolve without a name server. The first job has 127.0.0.1, 127.0.0.2, …, another one at the same
    time 127.0.1.1, …, also of another local AWS. Raises `NoAddresses`.
    """
    if count == 1:
        yield [ONLY]
        return
    if sys.platform != "linux":
        raise NoAddresses(
            f"{count} instances need an address each on the loopback, which only Linux gives without setup"
        )
    if count > MOST:
        raise NoAddresses(f"{count} instances are more than the {MOST} addresses of a loopback network")
    with _free_network() as network:
        yield instances([f"{network}.{number}" for number in range(1, count + 1)], "lo")


@contextmanager
def _free_network() -> Iterator[str]:
    """The first network that no other job holds; a bound port is the lock, which goes with its process."""
    for third in range(256):
        with socket.socket() as lock:
            try:
                lock.bind((f"127.0.{third}.1", _LOCK_PORT))
            except OSError:
                continue
            yield f"127.0.{third}"
            return
    raise NoAddresses("256 jobs on several instances are running here")
