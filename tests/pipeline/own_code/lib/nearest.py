"""A module beside the script, as a person's code has."""


def probability(value: float, first: float, second: float) -> float:
    """That a value belongs to the first of two centres: by its distances to both."""
    to_first, to_second = abs(value - first), abs(value - second)
    return to_second / (to_first + to_second)
