"""Error replies: the protocol's ``error`` envelope, and everything that ends in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_INVALID_REQUEST = "invalid_request_error"


class ApiError(Exception):
    """A request that is answered with an error envelope.

    Args:
        status: the HTTP status.
        message: one public sentence.
        code: a stable word; None where the official service sends null.
        param: the parameter at fault; None where there is none.
        headers: headers beside the body.
        kind: the envelope's ``type``; None is the usual one for the status.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})
        self.kind = kind or (_INVALID_REQUEST if status < 500 else "server_error")

    def response(self) -> JSONResponse:
        """Return the reply."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return JSONResponse({"error": error}, self.status, headers=self.headers)


def invalid_value(param: str, seen: str, supported: Sequence[str]) -> ApiError:
    """Return the official 400 for a value that is not among the supported ones."""
    return ApiError(
        400,
        f"Invalid value: '{seen}'. Supported values are: {listed(supported)}.",
        code="invalid_value",
        param=param,
    )


def invalid_type(param: str, wanted: str, seen: object) -> ApiError:
    """Return the official 400 for a value of the wrong type.

    Args:
        param: the parameter at fault.
        wanted: what was expected, with its article: ``a string``.
        seen: the value that came, or a text naming it when it is no JSON value.
    """
    return ApiError(
        400,
        f"Invalid type for '{param}': expected {wanted}, but got {_kind(seen)} instead.",
        code="invalid_type",
        param=param,
    )


def missing_parameter(param: str) -> ApiError:
    """Return the official 400 for a required parameter that is not there."""
    return ApiError(
        400, f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param
    )


def unknown_parameter(param: str) -> ApiError:
    """Return the official 400 for a parameter that does not exist."""
    return ApiError(400, f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def video_not_found(video_id: str) -> ApiError:
    """Return the 404 for an id that no job has."""
    return ApiError(404, f"Video with id '{video_id}' not found.", code="not_found", param="video_id")


def server_error(*, may_repeat: bool) -> ApiError:
    """Return the 500 for a fault of the server.

    Args:
        may_repeat: False tells clients not to send the request again by themselves.
    """
    headers = {} if may_repeat else {"x-should-retry": "false"}
    message = "The server had an error while processing your request; its log says more."
    return ApiError(500, message, code="server_error", headers=headers)


def listed(values: Sequence[str], word: str = "and") -> str:
    """Write values as the official messages do: ``'4', '8', and '12'``."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return f" {word} ".join(quoted)
    return f"{', '.join(quoted[:-1])}, {word} {quoted[-1]}"


Refuse = Callable[[ApiError], Response]
"""Writes an error as one server does."""


def add_error_handlers(app: FastAPI, refuse: Refuse = ApiError.response) -> None:
    """Answer every error the app knows of in one shape.

    Args:
        app: the app.
        refuse: the shape; the protocol's envelope by default.
    """

    def api_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return refuse(error)

    def http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refuse(_of_http(request, error))

    def validation_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return refuse(_of_validation(error))

    app.add_exception_handler(ApiError, api_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, validation_error)


def _kind(value: object) -> str:
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal number"),
        (str, "a string"),
        (dict, "an object"),
        (list, "an array"),
        (type(None), "null"),
    ]
    return next((name for kind, name in names if isinstance(value, kind)), "a file")


def _of_http(request: Request, error: HTTPException) -> ApiError:
    messages = {
        404: f"Invalid URL ({request.method} {request.url.path})",
        405: f"Not allowed to {request.method} on {request.url.path}",
    }
    message = messages.get(error.status_code, str(error.detail))
    codes = {404: "unknown_url", 405: "method_not_supported"}
    return ApiError(error.status_code, message, code=codes.get(error.status_code), headers=error.headers)


def _of_validation(error: RequestValidationError) -> ApiError:
    first = error.errors()[0]
    param = str(first["loc"][-1]) if first.get("loc") else None
    return ApiError(422, str(first.get("msg", "Invalid request")), code="invalid_value", param=param)
