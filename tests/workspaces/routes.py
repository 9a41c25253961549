"""Small views for testing what every view inherits."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path
from django.utils import timezone, translation
from rest_framework import serializers
from rest_framework.response import Response

from workspaces.api import ApiRouter, BatchResults, WorkspaceViewSet, batch_items
from workspaces.audit import record_audit
from workspaces.batches import ItemResult, ItemStatus
from workspaces.models import AuditEntry
from workspaces.policies import Action
from workspaces.serializers import InstantField, MoneyField, StrictSerializer
from workspaces.tenancy import current_workspace_id


class EntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = AuditEntry
        fields = ["id", "action"]


class NoteSerializer(StrictSerializer):
    text = serializers.CharField(max_length=50)
    at = InstantField(required=False)
    amount = MoneyField(required=False)


class EntryViewSet(WorkspaceViewSet):
    queryset = AuditEntry.objects.all()
    serializer_class = EntrySerializer
    filter_backends = ()
    required: ClassVar[dict[str, Action]] = {
        "list": Action.READ_CONTACTS,
        "retrieve": Action.READ_CONTACTS,
        "create": Action.WRITE_CONTACTS,
    }

    def list(self, request, **kwargs):
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request, pk, **kwargs):
        return Response(self.get_serializer(self.get_object()).data)

    def create(self, request, **kwargs):
        note = NoteSerializer(data=request.data, context=self.get_serializer_context())
        note.is_valid(raise_exception=True)
        entry = record_audit(actor=self.actor, action=note.validated_data["text"], now=self.now)
        if entry.action == "fail after writing":
            raise serializers.ValidationError({"text": "no"})
        if entry.action == "crash after writing":
            raise RuntimeError("crash")
        if entry.action == "slow":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 50")
                cursor.execute("SELECT pg_sleep(5)")
        return Response({"id": entry.pk, "amount": note.validated_data.get("amount")}, status=201)

    def destroy(self, request, pk, **kwargs):
        return Response(status=204)


class BatchViewSet(WorkspaceViewSet):
    required: ClassVar[dict[str, Action]] = {"POST": Action.WRITE_DATA}

    def create(self, request, **kwargs):
        items = batch_items(request.data, "notes")
        results = BatchResults("notes", len(items))
        for index, item in enumerate(items):
            note = NoteSerializer(data=item, context=self.get_serializer_context())
            try:
                note.is_valid(raise_exception=True)
            except serializers.ValidationError as error:
                results.failed(index, error)
            else:
                results.add(ItemResult(index=index, status=ItemStatus.CREATED, id=index))
        return results.response()


PAGE = "{% for entry in entries %}[{{ entry.action }}]{% endfor %}{{ zone }} {{ language }}"


def page(request, workspace: int):
    """Queried while the template is rendered, which is after the view has returned."""
    context = {
        "entries": AuditEntry.objects.order_by("id"),
        "zone": timezone.get_current_timezone_name(),
        "language": translation.get_language(),
    }
    return TemplateResponse(request, engines["django"].from_string(PAGE), context)


def stream(request, workspace: int):
    def rows():
        yield from (f"{entry.action}\n" for entry in AuditEntry.objects.order_by("id").iterator())

    return StreamingHttpResponse(rows())


def write(request, workspace: int, status: int):
    record_audit(actor=request.actor, action="written", now=request.now)
    return HttpResponse(status=status)


def outside(request):
    seen: Any = current_workspace_id()
    return HttpResponse(str(seen))


router = ApiRouter()
router.register("entries", EntryViewSet, basename="entries")
router.register("notes/batch", BatchViewSet, basename="notes")

urlpatterns = [
    path("outside/", outside),
    path("w/<int:workspace>/api/", include(router.urls)),
    path("api/v1/", include(router.urls)),
    path("w/<int:workspace>/page/", page),
    path("w/<int:workspace>/stream/", stream),
    path("w/<int:workspace>/write/<int:status>/", write),
    path("", include("config.urls")),  # the pages around them link there
]
