from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.api.vocabulary import READ_AND_WRITE, VocabularyViewSet, in_use
from contacts.counting import with_sizes
from contacts.models import Channel, Contact, ListEntry, StaticList, Suppression, SuppressionReason
from contacts.reading import known_of
from contacts.registry import InUseError
from contacts.serializers import (
    ChangedListSerializer,
    ContactIdsSerializer,
    ContactSerializer,
    LiftedSuppressionSerializer,
    NewListSerializer,
    NewSuppressionSerializer,
    StaticListSerializer,
    SuppressionSerializer,
)
from contacts.services import (
    add_to_list,
    change_list,
    create_list,
    delete_list,
    lift_suppression,
    remove_from_list,
    suppress_address,
)
from workspaces.api import ProblemError
from workspaces.policies import Action


class StaticListViewSet(VocabularyViewSet):
    """Static lists and who is on them."""

    queryset = StaticList.objects.all()
    serializer_class = StaticListSerializer
    required: ClassVar[dict[str, Action]] = {
        **READ_AND_WRITE,
        "contacts": Action.READ_CONTACTS,
        "add": Action.WRITE_CONTACTS,
        "remove": Action.WRITE_CONTACTS,
    }

    def get_queryset(self) -> QuerySet[StaticList]:
        return with_sizes(StaticList.objects.in_workspace(self.workspace), self.workspace)

    @extend_schema(request=NewListSerializer, responses={201: StaticListSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a list, with its first contacts if given."""
        given = NewListSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        made = create_list(
            workspace=self.workspace,
            name=said["name"],
            description=said.get("description", ""),
            contact_ids=self._known(said.get("contacts", [])),
            now=self.now,
        )
        return self.answer(made.pk, 201)

    @extend_schema(request=ChangedListSerializer, responses=StaticListSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Rename or describe a list."""
        found: StaticList = self.get_object()
        given = ChangedListSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        change_list(
            workspace=self.workspace,
            list_id=found.pk,
            name=said.get("name"),
            description=said.get("description"),
        )
        return self.answer(found.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a list with its history."""
        found: StaticList = self.get_object()
        try:
            delete_list(workspace=self.workspace, list_id=found.pk)
        except InUseError as error:
            raise in_use(error) from error
        return Response(status=204)

    @extend_schema(responses=ContactSerializer(many=True))
    @action(detail=True, methods=["get"])
    def contacts(self, request: Request, **kwargs: Any) -> Response:
        """Contacts on the list now."""
        found: StaticList = self.get_object()
        entries = ListEntry.objects.in_workspace(self.workspace).filter(
            static_list=found, valid_to=None
        )
        members = Contact.objects.in_workspace(self.workspace).filter(
            pk__in=entries.values("contact")
        )
        page = self.paginate_queryset(members) or []
        context = {"known": known_of(self.workspace, page)}
        return self.get_paginated_response(ContactSerializer(page, many=True, context=context).data)

    @extend_schema(request=ContactIdsSerializer, responses=StaticListSerializer)
    @contacts.mapping.post
    def add(self, request: Request, **kwargs: Any) -> Response:
        """Put contacts on the list."""
        found: StaticList = self.get_object()
        add_to_list(
            workspace=self.workspace,
            list_id=found.pk,
            contact_ids=self._known(_contact_ids(request)),
            now=self.now,
        )
        return self.answer(found.pk)

    @extend_schema(request=ContactIdsSerializer, responses=StaticListSerializer)
    @contacts.mapping.delete
    def remove(self, request: Request, **kwargs: Any) -> Response:
        """Take contacts off the list."""
        found: StaticList = self.get_object()
        remove_from_list(
            workspace=self.workspace,
            list_id=found.pk,
            contact_ids=_contact_ids(request),
            now=self.now,
        )
        return self.answer(found.pk)

    def _known(self, ids: list[int]) -> list[int]:
        """The ids, all of live contacts; else a problem that counts the unknown ones."""
        known = Contact.objects.in_workspace(self.workspace).live().filter(pk__in=ids).count()
        unknown = len(set(ids)) - known
        if unknown:
            raise ProblemError(
                422,
                "unknown_contacts",
                _("%(count)s of these contacts don't exist.") % {"count": unknown},
            )
        return ids


def _contact_ids(request: Request) -> list[int]:
    given = ContactIdsSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    return list(given.validated_data["contacts"])


class SuppressionViewSet(VocabularyViewSet):
    """Addresses nothing may be sent to; only their hashes are kept."""

    queryset = Suppression.objects.all()
    serializer_class = SuppressionSerializer
    required: ClassVar[dict[str, Action]] = {
        "list": Action.READ_CONTACTS,
        "retrieve": Action.READ_CONTACTS,
        "create": Action.WRITE_CONTACTS,
        "lift": Action.WRITE_CONTACTS,
    }

    def get_queryset(self) -> QuerySet[Suppression]:
        return Suppression.objects.in_workspace(self.workspace).filter(valid_to=None)

    @extend_schema(request=NewSuppressionSerializer, responses={201: SuppressionSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Block an address."""
        given = NewSuppressionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        made = suppress_address(
            workspace=self.workspace,
            channel=Channel(said["channel"]),
            address=said["address"],
            reason=SuppressionReason(said["reason"]),
            now=self.now,
            source="api",
        )
        return self.answer(made.pk, 201)

    @extend_schema(request=LiftedSuppressionSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def lift(self, request: Request, **kwargs: Any) -> Response:
        """Unblock an address."""
        given = LiftedSuppressionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        lift_suppression(
            workspace=self.workspace,
            channel=Channel(said["channel"]),
            address=said["address"],
            reason=SuppressionReason(said["reason"]) if "reason" in said else None,
            now=self.now,
        )
        return Response(status=204)
