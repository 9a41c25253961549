from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.filters import ContactFilter
from contacts.models import Channel, ConsentStatus, Contact
from contacts.reading import consent_records_of, known_of
from contacts.registry import card_documents
from contacts.serializers import (
    ConsentRecordSerializer,
    ConsentSerializer,
    ContactSerializer,
    MergeSerializer,
    NewConsentSerializer,
)
from contacts.services import (
    erase_contact,
    export_contact,
    merge_contacts,
    set_consent,
    upsert_contacts,
)
from workspaces.api import BatchResults, WorkspaceViewSet, batch_items
from workspaces.policies import Action

FIND_PARAMETERS = [
    OpenApiParameter("tag", str, many=True, description="Key of a tag; repeat for several."),
    OpenApiParameter("attribute", str, many=True, description="key:value; repeat for several."),
]


class ContactViewSet(WorkspaceViewSet):
    """Contacts: batches in, lists and cards out."""

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    lookup_value_regex = "[0-9]{1,16}"
    required: ClassVar[dict[str, Action]] = {
        "list": Action.READ_CONTACTS,
        "retrieve": Action.READ_CONTACTS,
        "batch": Action.WRITE_CONTACTS,
        "merge": Action.WRITE_CONTACTS,
        "consents": Action.WRITE_CONTACTS,
        "consent_records": Action.READ_CONTACTS,
        "destroy": Action.WRITE_CONTACTS,
        "export": Action.EXPORT,
    }

    def get_queryset(self) -> QuerySet[Contact]:
        return Contact.objects.in_workspace(self.workspace).live()

    @extend_schema(parameters=FIND_PARAMETERS)
    def list(self, request: Request, **kwargs: Any) -> Response:
        """Contacts, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self._documents(page or []))

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """A contact with what holds now, its last visits and transactions."""
        contact: Contact = self.get_object()
        document = dict(self._documents([contact])[0])
        for part in card_documents:
            document |= part(workspace=self.workspace, contact=contact, as_of=self.now)
        return Response(document)

    def _documents(self, contacts: Sequence[Contact]) -> Sequence[Mapping[str, Any]]:
        context = {**self.get_serializer_context(), "known": known_of(self.workspace, contacts)}
        return list(ContactSerializer(contacts, many=True, context=context).data)

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        parameters=[OpenApiParameter("define", bool, description="Declare unknown attributes.")],
    )
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Create and update up to 1,000 contacts; one result an item."""
        items = batch_items(request.data, "contacts")
        results = BatchResults("contacts", len(items))
        for result in upsert_contacts(
            workspace=self.workspace,
            items=items,
            now=self.now,
            source="api",
            define=request.query_params.get("define") in {"true", "1"},
        ):
            results.add(result)
        return results.response()

    @extend_schema(request=MergeSerializer, responses=ContactSerializer)
    @action(detail=False, methods=["post"])
    def merge(self, request: Request, **kwargs: Any) -> Response:
        """Make two contacts one; the winner is answered."""
        given = MergeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            winner = merge_contacts(
                workspace=self.workspace,
                winner_id=given.validated_data["winner"],
                loser_id=given.validated_data["loser"],
                now=self.now,
                actor=self.actor,
            )
        except Contact.DoesNotExist:
            raise Http404 from None
        return Response(self._documents([winner])[0])

    @extend_schema(request=NewConsentSerializer, responses=ConsentSerializer(many=True))
    @action(detail=True, methods=["post"])
    def consents(self, request: Request, **kwargs: Any) -> Response:
        """Keep what a contact said; every consent that holds now is answered."""
        contact: Contact = self.get_object()
        given = NewConsentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        set_consent(
            workspace=self.workspace,
            contact_ids=[contact.pk],
            channel=Channel(said["channel"]),
            status=ConsentStatus(said["status"]),
            now=self.now,
            topic=said.get("topic", ""),
            source=said.get("source", "") or "api",
            ip_address=said.get("ip"),
            wording=said.get("wording", ""),
            observed_at=said.get("observed_at"),
        )
        known = known_of(self.workspace, [contact])[contact.pk]
        return Response(ConsentSerializer(known.consents, many=True).data)

    @extend_schema(responses=ConsentRecordSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], url_path="consent-records")
    def consent_records(self, request: Request, **kwargs: Any) -> Response:
        """Everything the contact was said to agree to, the latest received first: the proof."""
        records = consent_records_of(self.workspace, self.get_object())
        return Response(ConsentRecordSerializer(records, many=True).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Erase everything personal of a contact; its suppressions stay, as hashes."""
        contact: Contact = self.get_object()
        erase_contact(
            workspace=self.workspace, contact_id=contact.pk, now=self.now, actor=self.actor
        )
        return Response(status=204)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def export(self, request: Request, **kwargs: Any) -> Response:
        """Everything held of a contact."""
        contact: Contact = self.get_object()
        return Response(
            export_contact(
                workspace=self.workspace, contact_id=contact.pk, now=self.now, actor=self.actor
            )
        )
