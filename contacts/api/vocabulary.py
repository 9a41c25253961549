from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.counting import with_sizes
from contacts.models import (
    AttributeDefinition,
    AttributeType,
    Category,
    Tag,
)
from contacts.registry import InUseError
from contacts.serializers import (
    AttributeSerializer,
    CategorySerializer,
    ChangedAttributeSerializer,
    NameSerializer,
    NewAttributeSerializer,
    TagSerializer,
)
from contacts.services import (
    change_attribute,
    create_category,
    create_tag,
    define_attribute,
    delete_attribute,
    delete_category,
    delete_tag,
    rename_category,
    rename_tag,
)
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.policies import Action

READ_AND_WRITE: dict[str, Action] = {
    "list": Action.READ_CONTACTS,
    "retrieve": Action.READ_CONTACTS,
    "create": Action.WRITE_CONTACTS,
    "partial_update": Action.WRITE_CONTACTS,
    "destroy": Action.WRITE_CONTACTS,
}


def in_use(error: InUseError) -> ProblemError:
    """The answer when something still in use should be deleted."""
    return ProblemError(409, "in_use", str(error))


class VocabularyViewSet(WorkspaceViewSet):
    """Things with an id that are listed, read, made, changed and deleted."""

    lookup_value_regex = "[0-9]{1,16}"
    filter_backends = ()
    cursor_ordering = ("id",)
    required: ClassVar[dict[str, Action]] = READ_AND_WRITE

    def list(self, request: Request, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def answer(self, pk: int, status: int = 200) -> Response:
        """What a write left, as it is now."""
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=status)


class AttributeViewSet(VocabularyViewSet):
    """Attributes of contacts."""

    queryset = AttributeDefinition.objects.all()
    serializer_class = AttributeSerializer

    @extend_schema(request=NewAttributeSerializer, responses={201: AttributeSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Declare an attribute."""
        given = NewAttributeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        made = define_attribute(
            workspace=self.workspace,
            key=said["key"],
            label=said.get("label") or said["key"].replace("_", " ").capitalize(),
            type=AttributeType(said["type"]),
            options=said.get("options", ()),
        )
        return self.answer(made.pk, 201)

    @extend_schema(request=ChangedAttributeSerializer, responses=AttributeSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the label or the choices; key and type are permanent."""
        definition: AttributeDefinition = self.get_object()
        given = ChangedAttributeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        change_attribute(
            workspace=self.workspace,
            attribute_id=definition.pk,
            label=given.validated_data.get("label"),
            options=given.validated_data.get("options"),
        )
        return self.answer(definition.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete an attribute with every value it ever had."""
        definition: AttributeDefinition = self.get_object()
        if definition.is_builtin:
            raise ProblemError(409, "builtin", _("Built-in attributes stay."))
        try:
            delete_attribute(workspace=self.workspace, attribute_id=definition.pk)
        except InUseError as error:
            raise in_use(error) from error
        return Response(status=204)


class TagViewSet(VocabularyViewSet):
    """Tags."""

    queryset = Tag.objects.all()
    serializer_class = TagSerializer

    def get_queryset(self) -> QuerySet[Tag]:
        return with_sizes(Tag.objects.in_workspace(self.workspace), self.workspace)

    @extend_schema(request=NameSerializer, responses={201: TagSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a tag; the one that exists is answered when there is one."""
        return self.answer(create_tag(workspace=self.workspace, name=_name(request)).pk, 201)

    @extend_schema(request=NameSerializer, responses=TagSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the name; the key stays."""
        tag: Tag = self.get_object()
        rename_tag(workspace=self.workspace, tag_id=tag.pk, name=_name(request))
        return self.answer(tag.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a tag with its history."""
        tag: Tag = self.get_object()
        try:
            delete_tag(workspace=self.workspace, tag_id=tag.pk)
        except InUseError as error:
            raise in_use(error) from error
        return Response(status=204)


class CategoryViewSet(VocabularyViewSet):
    """Contact categories."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer

    def get_queryset(self) -> QuerySet[Category]:
        return with_sizes(Category.objects.in_workspace(self.workspace), self.workspace)

    @extend_schema(request=NameSerializer, responses={201: CategorySerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Make a category; the one that exists is answered when there is one."""
        return self.answer(create_category(workspace=self.workspace, name=_name(request)).pk, 201)

    @extend_schema(request=NameSerializer, responses=CategorySerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the name; the key stays."""
        category: Category = self.get_object()
        rename_category(workspace=self.workspace, category_id=category.pk, name=_name(request))
        return self.answer(category.pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a category with its history."""
        category: Category = self.get_object()
        try:
            delete_category(workspace=self.workspace, category_id=category.pk)
        except InUseError as error:
            raise in_use(error) from error
        return Response(status=204)


def _name(request: Request) -> str:
    given = NameSerializer(data=request.data)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["name"])
