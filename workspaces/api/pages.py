"""Lists are paged by cursor: stable while rows come and go, equally fast on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

if TYPE_CHECKING:
    from rest_framework.views import APIView

DEFAULT_LIMIT = 100
MAX_LIMIT = 500


class CursorPages(CursorPagination):
    """`?limit=&cursor=`, answered as `{"next", "previous", "results"}`.

    A view names its order with `cursor_ordering`, newest first by default; the order must end
    in a column that is unique.
    """

    page_size = DEFAULT_LIMIT
    page_size_query_param = "limit"
    max_page_size = MAX_LIMIT
    ordering = ("-id",)

    def get_ordering(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> tuple[str, ...]:
        return tuple(getattr(view, "cursor_ordering", self.ordering))

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        # The position in a cursor is compared with a column: one made up by hand fails here.
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, OverflowError, DjangoValidationError, exceptions.NotFound):
            raise exceptions.ValidationError(
                {"cursor": exceptions.ErrorDetail(_("This cursor isn't valid."), "invalid_cursor")}
            ) from None
