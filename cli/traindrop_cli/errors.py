"""What a command says to a person instead of a traceback."""


class CommandError(Exception):
    """Ends the command with this text and the exit status 3: nothing was found wrong with a run, but with the call."""
