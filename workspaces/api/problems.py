"""Errors as RFC 9457 problem documents, with a JSON path to each thing that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import Error as DatabaseError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.settings import api_settings

from workspaces.batches import ItemError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class ProblemError(exceptions.APIException):
    """An answer that is a problem document; views raise it for errors of their own."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[ItemError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail=detail, code=code)
        self.status_code = status
        self.code = code
        self.errors = list(errors)
        self.retry_after = retry_after


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Iterable[ItemError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The answer `{type, title, status, code, detail, errors}` as application/problem+json."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": str(detail),
        "errors": [asdict(error) for error in errors],
    }
    return HttpResponse(
        json.dumps(document),
        status=status,
        content_type="application/problem+json",
        headers=dict(headers or {}),
    )


def problem_exception_handler(
    exc: Exception, context: Mapping[str, Any] | None = None
) -> HttpResponse | None:
    """Turn what a view raised into a problem; None (a 500) for what nobody foresaw.

    `WorkspaceMiddleware` rolls back what was written before.
    """
    match exc:
        case ProblemError():
            headers = {} if exc.retry_after is None else {"Retry-After": str(exc.retry_after)}
            return problem_response(
                exc.status_code, exc.code, str(exc.detail), errors=exc.errors, headers=headers
            )
        case exceptions.ValidationError() | DjangoValidationError():
            return problem_response(
                400, "invalid", _("The request isn't valid."), errors=problem_errors(exc)
            )
        case Http404() | exceptions.NotFound():
            # One text for what doesn't exist and for what belongs to somebody else.
            return problem_response(404, "not_found", _("Not found."))
        case PermissionDenied():
            return problem_response(403, "permission_denied", str(exc) or _("Not allowed."))
        case RequestDataTooBig():
            return problem_response(413, "too_large", _("The request is too large."))
        case SuspiciousOperation():
            return problem_response(400, "bad_request", _("The request isn't valid."))
        case exceptions.APIException():
            return _respond_to_api_exception(exc)
        case DatabaseError():
            return _respond_to_database(exc)
    return None


def _respond_to_api_exception(exc: exceptions.APIException) -> HttpResponse:
    headers: dict[str, str] = {}
    if (auth_header := getattr(exc, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = auth_header
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(max(1, int(wait)))
    code = exc.get_codes()
    return problem_response(
        exc.status_code,
        code if isinstance(code, str) else "error",
        str(exc.detail),
        headers=headers,
    )


def _respond_to_database(exc: DatabaseError) -> HttpResponse | None:
    state = getattr(exc.__cause__, "sqlstate", None) or ""
    if state == "57014":  # statement_timeout
        return problem_response(
            422, "query_too_expensive", _("This takes too long to compute. Ask for less.")
        )
    if state in {"55P03", "40001", "40P01"}:  # lock timeout, serialisation, deadlock
        return problem_response(
            409,
            "busy",
            _("Somebody else is changing this. Try again."),
            headers={"Retry-After": "1"},
        )
    if state == "23505":
        return problem_response(409, "already_exists", _("This exists already."))
    if state == "23503":
        return problem_response(422, "unknown_reference", _("Something referred to is gone."))
    if state.startswith("22"):  # data exceptions: out of range, not storable
        return problem_response(422, "value_not_storable", _("A value can't be stored."))
    return None


def problem_errors(exc: Exception, path: str = "$") -> list[ItemError]:
    """What a `ValidationError` (Django's or the serializers') says, each with its JSON path."""
    if isinstance(exc, ProblemError):
        return exc.errors or [ItemError(path, exc.code, str(exc.detail))]
    if isinstance(exc, DjangoValidationError):
        return list(_from_django(exc, path))
    if isinstance(exc, exceptions.APIException):
        return list(_from_detail(exc.detail, path))
    raise TypeError(f"No item errors in {type(exc).__name__}.")


def join_path(path: str, key: str | int) -> str:
    """The path of a member: ("$.where", "all") -> "$.where.all", ("$.a", 3) -> "$.a[3]"."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _NAME.fullmatch(key) else f"{path}[{json.dumps(key[:100])}]"


def _from_django(exc: DjangoValidationError, path: str) -> Iterator[ItemError]:
    if hasattr(exc, "error_dict"):
        for field, errors in exc.error_dict.items():
            where = path if field == NON_FIELD_ERRORS else join_path(path, field)
            for error in errors:
                yield from _from_django(error, where)
        return
    for error in exc.error_list:
        yield ItemError(path, str(error.code or "invalid"), " ".join(error.messages))


def _from_detail(detail: Any, path: str) -> Iterator[ItemError]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            own = key in {api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS}
            yield from _from_detail(value, path if own else join_path(path, key))
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list | tuple)
            yield from _from_detail(value, join_path(path, index) if nested else path)
    else:
        yield ItemError(path, str(getattr(detail, "code", None) or "invalid"), str(detail))
