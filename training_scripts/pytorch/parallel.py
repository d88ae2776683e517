"""The processes of a job, one per instance or per GPU: torchrun starts them, and they share rows, weights or both.

data    every process has the whole network and a share of each batch's rows; gradients are averaged
model   every process has all rows and a share of the wide layers (tensor parallel)
hybrid  a mesh of both: `tensor_parallel_size` processes share a network, and so many of these share the rows
"""

import ipaddress
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed import run as torchrun
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.nn.parallel import DistributedDataParallel

from traindrop.training_script import fail, hosts

MODES = ("data", "model", "hybrid")
PORT = 29500  # torchrun's own
# For an instance that vanished without a word; the end of a process is noticed at once.
PATIENCE = timedelta(minutes=5)
_PEER_GONE = re.compile(r"[Cc]onnection (closed|reset|refused)|[Tt]imed out|[Tt]imeout|Broken pipe|NCCL|remote process")
AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


def per_host() -> int:
    """Processes on each instance."""
    return max(1, int(torch.cuda.device_count()))


def wanted() -> bool:
    """Whether torchrun has to start processes for this job, and has not done so."""
    return len(hosts()) * per_host() > 1 and not dist.is_torchelastic_launched()


def tensor_size(mode: str, asked: int, hidden: int) -> int:
    """How many processes share a network. Ends the job where the sizes do not go together."""
    world = len(hosts()) * per_host()
    size = {"data": 1, "model": world}.get(mode) or asked or (per_host() if per_host() > 1 else min(2, world))
    if size < 1 or world % size:
        fail(
            f"tensor_parallel_size is {size}, and the job has {world} processes ({len(hosts())} instances with "
            f"{per_host()} each), which is no multiple of it. Set it to a divisor of {world}."
        )
    if hidden % size:
        fail(f"hidden is {hidden}, which {size} processes cannot share evenly. Set it to a multiple of {size}.")
    return size


def launch(script: str, arguments: Sequence[str]) -> None:
    """Run the script with torchrun in this instance's processes; ends the job with the reason if one of them fails."""
    names = hosts()
    own = os.environ.get("SM_CURRENT_HOST", names[0])
    if own not in names:
        fail(f"SM_CURRENT_HOST is {own!r}, which is not one of SM_HOSTS: {', '.join(names)}.")
    if len(names) > 1 and (interface := os.environ.get("SM_NETWORK_INTERFACE_NAME")):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", interface)
    first = names[0] if len(names) > 1 else "127.0.0.1"
    options = {
        "nnodes": len(names),
        "node_rank": names.index(own),
        "nproc_per_node": per_host(),
        "master_addr": first,
        "master_port": os.environ.get("MASTER_PORT") or port(first),
        "rdzv_conf": f"timeout={PATIENCE.seconds}",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    try:
        torchrun.run(torchrun.parse_args([*flags, script, *arguments]))
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        written = Path(os.environ.get("SM_OUTPUT_DIR") or Path(os.environ["SM_OUTPUT_DATA_DIR"]).parent) / "failure"
        if written.is_file():
            sys.exit(1)  # that process has logged it, without the cells that the reason may quote
        fail(reason(f"process {rank} on {own}", failure))


def port(first: str) -> int:
    """Where the first instance waits for the others. On one machine each job has a network 127.0.N.0 of its own, but
    torchrun listens on all of them: the port tells them apart."""
    try:
        address = ipaddress.IPv4Address(first)
    except ValueError:
        return PORT
    return PORT + address.packed[2] if address.is_loopback else PORT


def reason(who: str, failure: ProcessFailure) -> str:
    """Why a process failed, for a person."""
    if failure.exitcode < 0:
        hint = ""
        if failure.signal_name() == "SIGKILL":
            hint = ", as the system does where memory runs out. Take an instance type with more of it"
        return f"The {who} was ended by {failure.signal_name()}{hint}."
    message: Any = failure.message
    text = str(message["message"] if isinstance(message, dict) else message)
    if _PEER_GONE.search(text):
        return f"The {who} lost another process of the job, whose own log says why it ended. Seen here: {text}"
    return f"The {who} failed: {text}"


@dataclass(frozen=True)
class Workers:
    """The job's processes as one of them sees them.

    `leads`: whether this is the one that prints and writes. `mesh` has the dimensions data and tensor; None for a
    single process."""

    device: torch.device
    leads: bool = True
    mesh: DeviceMesh | None = None

    @classmethod
    def join(cls, tensor: int) -> "Workers":
        """Meet the others, if torchrun has started this process among others."""
        gpu = torch.cuda.is_available()
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if gpu else torch.device("cpu")
        if gpu:
            torch.cuda.set_device(device)
        if not dist.is_torchelastic_launched():
            return cls(device)
        dist.init_process_group("nccl" if gpu else "gloo", timeout=PATIENCE)
        shape = (dist.get_world_size() // tensor, tensor)
        mesh = init_device_mesh(device.type, shape, mesh_dim_names=("data", "tensor"))
        return cls(device, dist.get_rank() == 0, mesh)

    @property
    def shares(self) -> int:
        """Into how many parts the rows of a batch go."""
        return 1 if self.mesh is None else self.mesh["data"].size()

    def own(self, rows: Tensor) -> Tensor:
        """This process's share of the rows."""
        return rows if self.mesh is None else rows[self.mesh["data"].get_local_rank() :: self.shares]

    def split(self, network: AnyNetwork) -> AnyNetwork:
        """The network, whose wide layers are split from now on if processes share it."""
        if self.mesh is not None and self.mesh["tensor"].size() > 1:
            # Here, for it takes as long to import as torch itself.
            from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

            plan = {"blocks.*.expand": ColwiseParallel(), "blocks.*.contract": RowwiseParallel()}
            parallelize_module(network, self.mesh["tensor"], plan)
        return network

    def joined(self, network: nn.Module) -> nn.Module:
        """What to call in the network's place, so that its gradients are averaged over the shares of the rows."""
        if self.mesh is None or self.mesh["tensor"].size() > 1:
            return network
        return DistributedDataParallel(network, process_group=self.mesh.get_group("data"))

    def average_gradients(self, network: nn.Module) -> None:
        """The same where the network is split, which DistributedDataParallel does not take."""
        if self.mesh is None or self.shares == 1 or self.mesh["tensor"].size() == 1:
            return
        parameters = network.parameters()
        gradients = [own_part(parameter.grad) for parameter in parameters if parameter.grad is not None]
        everything = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(everything, group=self.mesh.get_group("data"))
        everything /= self.shares
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, part in zip(gradients, everything.split(sizes), strict=True):
            gradient.copy_(part.view_as(gradient))

    def whole(self, rows: Tensor) -> Tensor:
        """The rows of all shares; `rows` holds this process's, and 0 in all others."""
        if self.mesh is not None and self.shares > 1:
            dist.all_reduce(rows, group=self.mesh.get_group("data"))
        return rows

    def agreed(self, found: Any) -> Any:
        """What the leading process found."""
        if self.mesh is None:
            return found
        box = [found]
        dist.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def leave(self) -> None:
        """No process needs another from here on."""
        if self.mesh is not None:
            dist.destroy_process_group()


# The weights of a split layer are a DTensor, and so is all that an optimizer keeps of them.
def own_part(values: Tensor) -> Tensor:
    """The part of a tensor that this process holds."""
    found: Tensor = values.to_local() if hasattr(values, "to_local") else values
    return found


def all_of(values: Tensor) -> Tensor:
    """A copy of the whole tensor, on the CPU. Every process has to ask for it."""
    found: Tensor = values.full_tensor() if hasattr(values, "full_tensor") else values
    return found.detach().cpu().clone()


def split_like(values: Tensor, model: Tensor) -> Tensor:
    """This process's part of a whole tensor, divided and placed as `model` is."""
    values = values.to(model.device)
    if not hasattr(model, "placements"):
        return values
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(values, model.device_mesh, model.placements)
