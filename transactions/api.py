from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tracking.api import FactViewSet, batch_response
from transactions.filters import ProductFilter, RateFilter, RefundFilter, TransactionFilter
from transactions.models import Brand, Product, ProductCategory, Rate, Refund, Transaction
from transactions.reading import with_number_of_products
from transactions.serializers import (
    BrandSerializer,
    ProductCategorySerializer,
    ProductSerializer,
    RateSerializer,
    RefundSerializer,
    TransactionSerializer,
    product_documents,
    transaction_documents,
)
from transactions.services import (
    record_products,
    record_rates,
    record_refunds,
    record_transactions,
)
from workspaces.api import WorkspaceViewSet, batch_items
from workspaces.policies import Action


class ProductViewSet(FactViewSet):
    """Products: batches in, lists and single products out."""

    queryset = Product.objects.select_related("brand", "category")
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    cursor_ordering = ("-id",)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Products, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(
            product_documents(self.workspace, cast(list[Product], page or []))
        )

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Store up to 1,000 products; the latest `updated_at` wins."""
        results = record_products(
            workspace=self.workspace,
            items=batch_items(request.data, "products"),
            now=self.now,
            source="api",
        )
        return batch_response("products", results)


class TransactionViewSet(FactViewSet):
    """Transactions as they stand now."""

    queryset = Transaction.objects.all()
    serializer_class = TransactionSerializer
    filterset_class = TransactionFilter

    def get_queryset(self) -> QuerySet[Transaction]:
        return Transaction.objects.in_workspace(self.workspace).current()

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Transactions, newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(transaction_documents(self.workspace, page or []))

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """A transaction as it stands now."""
        row = self.get_queryset().filter(root_id=int(self.kwargs["pk"])).first()
        if row is None:
            raise Http404
        return Response(self.get_serializer(row).data)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Store up to 1,000 transactions: what the shop last said, with its history."""
        results = record_transactions(
            workspace=self.workspace,
            items=batch_items(request.data, "transactions"),
            now=self.now,
            source="api",
        )
        return batch_response("transactions", results)


class RefundViewSet(FactViewSet):
    """Refunds: from their time on they lower the original transaction."""

    queryset = Refund.objects.select_related("transaction")
    serializer_class = RefundSerializer
    filterset_class = RefundFilter

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Store up to 1,000 refunds."""
        results = record_refunds(
            workspace=self.workspace,
            items=batch_items(request.data, "refunds"),
            now=self.now,
            source="api",
        )
        return batch_response("refunds", results)


class RateViewSet(FactViewSet):
    """Dated rates to the base currency."""

    queryset = Rate.objects.all()
    serializer_class = RateSerializer
    filterset_class = RateFilter
    cursor_ordering = ("-date", "-id")

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request, **kwargs: Any) -> Response:
        """Store up to 1,000 rates; amounts that were converted stay."""
        results = record_rates(
            workspace=self.workspace,
            items=batch_items(request.data, "rates"),
            now=self.now,
            source="api",
        )
        return batch_response("rates", results)


class BrandViewSet(WorkspaceViewSet):
    """Brands, with how many products they have."""

    queryset: Any = Brand.objects.all()
    serializer_class: Any = BrandSerializer
    filter_backends = ()
    cursor_ordering = ("key", "id")
    required: ClassVar[dict[str, Action]] = {"list": Action.READ_CONTACTS}

    def get_queryset(self) -> QuerySet[Any]:
        brands = Brand.objects.in_workspace(self.workspace)
        return with_number_of_products(brands, "brand")

    def list(self, request: Request, **kwargs: Any) -> Response:
        """By name."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ProductCategoryViewSet(BrandViewSet):
    """Categories of products, with how many products they have."""

    queryset = ProductCategory.objects.all()
    serializer_class = ProductCategorySerializer

    def get_queryset(self) -> QuerySet[Any]:
        categories = ProductCategory.objects.in_workspace(self.workspace)
        return with_number_of_products(categories, "category")
