"""What changes a segment, over REST: time (the forecast), a new definition, an old version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from segments.api_problems import (
    broken_problems,
    past_instant,
    tree_problems,
    wrong_parameter,
)
from segments.api_time import instant_param, member_document
from segments.change_documents import (
    DiffAsked,
    ForecastAsked,
    MoversAsked,
    NamesAsked,
    comparison_document,
    forecast_document,
    hit_document,
    movers_document,
    version_document,
)
from segments.engine.sets import ContactSet
from segments.models import Segment, SegmentVersion
from segments.serializers import SegmentSerializer
from segments.services import member_page
from segments.services.comparing import (
    BrokenDefinitionError,
    Comparison,
    Movement,
    compare_versions,
    compare_with_saved,
    hits_of,
)
from segments.services.forecasting import (
    MoverPage,
    TooMuchToForecastError,
    forecast,
    forecast_movers,
)
from segments.services.versions import (
    VersionGoneError,
    restore_version,
    versions_of,
)
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.numbers import whole_number
from workspaces.policies import Action, require
from workspaces.serializers import StrictSerializer

_AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="Now, if left out.")
_PAGE = [
    OpenApiParameter("limit", OpenApiTypes.INT, description="Up to 500 names."),
    OpenApiParameter("after", OpenApiTypes.INT, description="The last contact id before."),
]
_LIST = OpenApiParameter("list", enum=Movement.values, description="Names of one of the three.")


class SegmentChangesMixin(WorkspaceViewSet):
    """The routes of one segment that have to do with its changing."""

    @extend_schema(
        parameters=[OpenApiParameter("days", OpenApiTypes.INT, description="1 to 90."), _AS_OF],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["get"])
    def forecast(self, request: Request, **kwargs: Any) -> Response:
        """Sizes and movements of the coming days if nothing happens but time."""
        asked = _checked(ForecastAsked, request.query_params.dict())
        with forecast_problems():
            found = forecast(
                segment=self.get_object(),
                as_of=past_instant(asked.get("as_of"), self.now),
                days=asked["days"],
            )
        return Response(forecast_document(found))

    @extend_schema(
        parameters=[
            OpenApiParameter("day", OpenApiTypes.DATE, required=True),
            OpenApiParameter("direction", enum=["entering", "leaving"], required=True),
            _AS_OF,
            *_PAGE,
        ],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["get"], url_path="forecast/members")
    def forecast_members(self, request: Request, **kwargs: Any) -> Response:
        """Who enters or leaves on a day of the forecast, with the rows that turn."""
        asked = _checked(MoversAsked, request.query_params.dict())
        as_of = past_instant(asked.get("as_of"), self.now)
        try:
            with forecast_problems():
                page = forecast_movers(
                    segment=self.get_object(),
                    as_of=as_of,
                    day=asked["day"],
                    movement=asked["direction"],
                    limit=asked["limit"],
                    after=asked["after"],
                )
        except LookupError as error:
            raise wrong_parameter("day", _("A day of the next 90 is expected.")) from error
        return Response(movers_document(page, self._next(request, page, as_of, asked["limit"])))

    def _next(self, request: Request, page: MoverPage, as_of: datetime, limit: int) -> str | None:
        if len(page.movers) < limit:
            return None
        query = {
            "day": page.day.isoformat(),
            "direction": page.movement,
            "as_of": as_of.isoformat(),
            "limit": limit,
            "after": page.movers[-1].contact.pk,
        }
        return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")

    @extend_schema(request=DiffAsked, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["post"])
    def diff(self, request: Request, **kwargs: Any) -> Response:
        """Who would enter, leave and stay if this definition was saved, and what it would hit."""
        asked = _checked(DiffAsked, request.data)
        self._refuse_names(asked)
        segment: Segment = self.get_object()
        with comparison_problems():
            found = compare_with_saved(
                segment=segment,
                where=asked.get("where"),
                pinned_in=asked.get("pinned_in"),
                pinned_out=asked.get("pinned_out"),
                as_of=past_instant(asked.get("as_of"), self.now),
            )
        document = comparison_document(found, self._named(found, asked))
        return Response(
            {**document, "hits": [hit_document(hit) for hit in hits_of(segment=segment)]}
        )

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, **kwargs: Any) -> Response:
        """Every definition the segment had, newest first."""
        segment: Segment = self.get_object()
        self.cursor_ordering = ("-number", "-id")
        page = self.paginate_queryset(versions_of(segment=segment)) or []
        return self.get_paginated_response([version_document(segment, version) for version in page])

    @extend_schema(request=None, responses=SegmentSerializer)
    @action(detail=True, methods=["post"], url_path=r"versions/(?P<number>[0-9]{1,9})/restore")
    def restore_version(self, request: Request, number: str, **kwargs: Any) -> Response:
        """Make an earlier definition the current one, as a new version."""
        try:
            segment = restore_version(
                actor=self.actor, segment=self.get_object(), number=int(number), now=self.now
            )
        except SegmentVersion.DoesNotExist as error:
            raise ProblemError(404, "not_found", _("Not found.")) from error
        except VersionGoneError as error:
            raise ProblemError(409, "broken", str(error)) from error
        return Response(SegmentSerializer(segment).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("from", OpenApiTypes.INT, required=True),
            OpenApiParameter("to", OpenApiTypes.INT, required=True),
            _AS_OF,
            _LIST,
            *_PAGE,
        ],
        responses=OpenApiTypes.OBJECT,
    )
    @action(detail=True, methods=["get"], url_path="versions/diff")
    def versions_diff(self, request: Request, **kwargs: Any) -> Response:
        """Two versions at one instant: who is in one of them only, and who in both."""
        query = request.query_params.dict()
        numbers = [_version_number(query.pop(name, ""), name) for name in ("from", "to")]
        query.pop("as_of", None)
        asked = _checked(NamesAsked, query)
        self._refuse_names(asked)
        as_of = past_instant(instant_param(request, "as_of"), self.now)
        try:
            with comparison_problems():
                found = compare_versions(
                    segment=self.get_object(), first=numbers[0], second=numbers[1], as_of=as_of
                )
        except SegmentVersion.DoesNotExist as error:
            raise ProblemError(404, "not_found", _("There is no such version.")) from error
        return Response(comparison_document(found, self._named(found, asked)))

    def _refuse_names(self, asked: dict[str, Any]) -> None:
        if "limit" in asked or "list" in asked:
            require(self.actor, Action.READ_CONTACTS)

    def _named(self, found: Comparison, asked: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        """The first names of each of the three, or the next ones of one of them."""
        if "limit" not in asked and "list" not in asked:
            return {}
        wanted = [asked["list"]] if "list" in asked else Movement.values
        limit, after = asked.get("limit", 10), asked["after"]
        return {each: self._names(found.moved(each), limit, after) for each in wanted}

    def _names(self, members: ContactSet, limit: int, after: int) -> list[dict[str, Any]]:
        contacts = member_page(workspace=self.workspace, members=members, limit=limit, after=after)
        return [member_document(contact) for contact in contacts]


@contextmanager
def forecast_problems() -> Iterator[None]:
    """What can't be forecast: a broken segment, and too much of one."""
    try:
        with broken_problems():
            yield
    except TooMuchToForecastError as error:
        raise ProblemError(422, "query_too_expensive", str(error)) from error


@contextmanager
def comparison_problems() -> Iterator[None]:
    """A definition that isn't valid, or one that was and isn't any more."""
    try:
        with tree_problems():
            yield
    except BrokenDefinitionError as error:
        raise ProblemError(409, "broken", str(error)) from error


# --- Parameters ----------------------------------------------------------------------------------


def _checked(serializer: type[StrictSerializer], data: Any) -> dict[str, Any]:
    asked = serializer(data=data)
    asked.is_valid(raise_exception=True)
    found: dict[str, Any] = asked.validated_data
    return found


def _version_number(text: str, name: str) -> int:
    number = whole_number(text, digits=9)
    if number is None:
        raise wrong_parameter(name, _("The number of a version is expected."))
    return number
