"""What a command says to a person instead of a traceback."""


class CommandError(Exception):
    """Ends the command with this text and the exit status 3: nothing was found wrong with a run, but with the call."""


class Interrupted(CommandError):
    """Ctrl-C, where there is more to say than that: exit status 130."""
