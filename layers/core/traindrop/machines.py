"""Where a training can take place, and what each place has: processors, memory, disk, time."""

from dataclasses import dataclass

GIB = 1024**3

# "At 1,769 MB, a function has the equivalent of one vCPU."
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MB_PER_VCPU = 1769


@dataclass(frozen=True)
class Machine:
    """`vcpus` may be a fraction in a Lambda; `memory` in bytes."""

    name: str
    vcpus: float
    memory: int


def lambda_of(memory_mb: int) -> Machine:
    """What a function of so many megabytes has."""
    return Machine(f"lambda {memory_mb} MB", memory_mb / _MB_PER_VCPU, memory_mb * 1024**2)


# General purpose, the smallest first: what `auto` climbs. vCPUs and memory: https://aws.amazon.com/ec2/instance-types/m5/
LADDER = tuple(
    Machine(f"ml.m5.{size}", vcpus, memory * GIB)
    for size, vcpus, memory in (
        ("large", 2, 8),
        ("xlarge", 4, 16),
        ("2xlarge", 8, 32),
        ("4xlarge", 16, 64),
        ("12xlarge", 48, 192),
        ("24xlarge", 96, 384),
    )
)


def machine(instance_type: str) -> Machine | None:
    """The machine of an instance type; None for one that is not in the table."""
    return next((each for each in LADDER if each.name == instance_type), None)
