"""What the exit status of every command means; docs/reference/commands.md lists it."""

from enum import IntEnum


class ExitStatus(IntEnum):
    DONE = 0
    NOT_DONE = 1
    REJECTED = 2
    WRONG_CALL = 3
    # As shells count a program that Ctrl-C ended.
    INTERRUPTED = 130


MEANINGS = {
    ExitStatus.DONE: "It was done. Of a run that was followed: it is evaluated.",
    ExitStatus.NOT_DONE: (
        "Of a run that was followed: training or evaluation failed, or it was stopped. `stop`: it was not stopped. "
        "`doctor`: something needs mending. `redrive`: a dead letter has to stay. `local status`: none runs."
    ),
    ExitStatus.REJECTED: "`drop`, `rerun`: the run that was followed was rejected. `plan`: the drop would be.",
    ExitStatus.WRONG_CALL: (
        "It cannot be done: an unknown option, run, file or stack, no credentials, no permission, no network, no "
        "result in time. One message on standard error says what, and what to do."
    ),
    ExitStatus.INTERRUPTED: "Ctrl-C. Of a run that was followed: the run goes on.",
}
