"""What all pages share: the stack, what was read of it, the files that are not dropped yet."""

from dataclasses import dataclass

from traindrop_cli.stack import Stack
from traindrop_cli.ui.drafts import Drafts
from traindrop_cli.ui.shared_runs import SharedRuns


@dataclass(frozen=True)
class Desk:
    stack: Stack
    shared: SharedRuns
    drafts: Drafts

    @property
    def pause(self) -> float:
        """Seconds between two looks at the ledger: each is paid for in AWS."""
        return 0.4 if self.stack.is_local else 3.0


def desk_of(stack: Stack, drafts: Drafts) -> Desk:
    """What is read is shown for half a second, in AWS for some."""
    return Desk(stack, SharedRuns(stack, 0.4 if stack.is_local else 5.0), drafts)
