"""What the API answers with instead of a result."""


class ApiError(Exception):
    """An error in AWS's words; `code` is what botocore shows as `Error.Code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def validation_error(message: str) -> ApiError:
    return ApiError("ValidationException", message)
