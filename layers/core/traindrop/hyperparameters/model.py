"""What the hyperparameters of all frameworks have in common."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from traindrop.errors import Rejected


class Hyperparameters(BaseModel):
    """`hyperparameters` of a training.yaml; fields and defaults are those of the framework's training script."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @classmethod
    def checked(cls, given: Mapping[str, object], *, framework: str) -> Self:
        """Raises Rejected with every problem: the name, what was found, what is allowed."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            problems = " ".join(cls._problem(details, framework) for details in error.errors())
            raise Rejected(f"training.yaml: {problems}") from None

    @classmethod
    def _problem(cls, details: ErrorDetails, framework: str) -> str:
        name = f"hyperparameters.{'.'.join(map(str, details['loc']))}"
        if details["type"] == "extra_forbidden":
            known = ", ".join(field.alias or name for name, field in cls.model_fields.items())
            return f"{name}: there is no such hyperparameter. Those of {framework} are: {known}."
        return f"{name}: found {details['input']!r}; {details['msg'].replace('Input', 'it', 1)}."
