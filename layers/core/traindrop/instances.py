"""The instances of a training job, as the scripts on them know each other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Instance:
    """One of the job's instances. `number` counts from 1; `host` is its own name among `hosts`, which are sorted as
    text, as SageMaker sorts them, so that all instances agree on who is the first."""

    number: int
    host: str
    hosts: tuple[str, ...]
    network_interface: str

    @property
    def is_first(self) -> bool:
        """Whether it is the one that leads the others: what the toolkit calls the master."""
        return self.host == self.hosts[0]


ONLY = Instance(1, "algo-1", ("algo-1",), "eth0")


def instances(hosts: list[str], network_interface: str) -> list[Instance]:
    """One instance per host name, numbered in the order given."""
    names = tuple(sorted(hosts))
    return [Instance(number, host, names, network_interface) for number, host in enumerate(hosts, start=1)]
