"""Pages about products and transactions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from contacts.text import normalise
from tracking.models import TrafficChannel
from transactions.filters import ProductFilter, TransactionFilter
from transactions.models import (
    UNKNOWN_CHANNEL,
    Brand,
    LineItem,
    Product,
    ProductCategory,
    Refund,
    Transaction,
    TransactionKind,
    TransactionStatus,
)
from transactions.reading import (
    Sold,
    months_of_product,
    sold_by_brand,
    sold_by_product,
    with_number_of_products,
)
from transactions.services import change_accessories
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

PAGE_SIZE = 50
MAX_CHOICES = 500
CHANNELS = [*TrafficChannel.choices, (UNKNOWN_CHANNEL, gettext_lazy("unknown"))]


def _narrowed(filters: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
    found: QuerySet[Any] = filters.qs if filters.is_valid() else queryset.none()
    return found


@require_safe
def product_list(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Everything the shop sells, with how much of it and to how many."""
    require(request.actor, Action.READ_CONTACTS)
    everything = Product.objects.in_workspace(request.workspace)
    filters = ProductFilter(request.GET, queryset=everything, request=request)
    found = _narrowed(filters, everything).select_related("brand", "category")
    page = Paginator(found.order_by("name_key", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    sold = sold_by_product(request.workspace, [each.pk for each in page], request.now)
    context = {
        "page": page,
        "rows": [{"product": each, "sold": sold.get(each.pk, Sold())} for each in page],
        "brands": Brand.objects.in_workspace(request.workspace).order_by("key")[:MAX_CHOICES],
        "categories": ProductCategory.objects.in_workspace(request.workspace).order_by("key")[
            :MAX_CHOICES
        ],
        "is_narrowed": any(
            request.GET.get(name) for name in ("search", "brand", "category", "in_stock")
        ),
        "is_empty": not page.paginator.count and not everything.exists(),
        "may_import": request.actor.may(Action.WRITE_DATA),
    }
    return render(request, "transactions/products.html", context)


@require_safe
def brand_list(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Brands, with how much of each was sold."""
    require(request.actor, Action.READ_CONTACTS)
    brands = with_number_of_products(Brand.objects.in_workspace(request.workspace), "brand")
    query = normalise(request.GET.get("search", "").replace("\x00", ""))
    if query:
        brands = brands.filter(key__contains=query)
    page = Paginator(brands.order_by("key"), PAGE_SIZE).get_page(request.GET.get("page"))
    sold = sold_by_brand(request.workspace, [each.pk for each in page], request.now)
    rows = [{"brand": each, "sold": sold.get(each.pk, Sold())} for each in page]
    context = {"page": page, "rows": rows, "query": query}
    return render(request, "transactions/brands.html", context)


def _product(request: WorkspaceRequest, pk: int) -> Product:
    product = (
        Product.objects.in_workspace(request.workspace)
        .select_related("brand", "category")
        .filter(pk=pk)
        .first()
    )
    if product is None:
        raise Http404
    return product


@require_safe
def product_card(request: WorkspaceRequest, workspace: int, product: int) -> HttpResponse:
    """A product: buyers over time, variants, accessories."""
    require(request.actor, Action.READ_CONTACTS)
    found = _product(request, product)
    accessories = _accessories(found)
    sold = sold_by_product(
        request.workspace, [found.pk, *(each.pk for each in accessories)], request.now
    )
    context = {
        "product": found,
        "currency": found.currency or request.workspace.base_currency,
        "sold": sold.get(found.pk, Sold()),
        "months": months_of_product(request.workspace, found.pk, request.now),
        "accessories": [{"it": each, "sold": sold.get(each.pk, Sold())} for each in accessories],
        "variants": found.variants.in_workspace(request.workspace).order_by("name", "pk"),
        "may_write": request.actor.may(Action.WRITE_DATA),
    }
    return render(request, "transactions/product_card.html", context)


def _accessories(product: Product) -> list[Product]:
    links = product.accessory_links.in_workspace(product.workspace_id)
    ids = links.values("accessory_id")
    found = Product.objects.in_workspace(product.workspace_id).filter(pk__in=ids)
    return list(found.order_by("name_key", "pk"))


@require_POST
def product_accessories(request: WorkspaceRequest, workspace: int, product: int) -> HttpResponse:
    """Add an accessory by its id or name, or take one away."""
    require(request.actor, Action.WRITE_DATA)
    found = _product(request, product)
    ids = {each.pk for each in _accessories(found)}
    remove = request.POST.get("remove", "")
    name = request.POST.get("add", "").replace("\x00", "").strip()
    if name:
        accessory = _named_product(request, name)
        if accessory is None or accessory.pk == found.pk:
            messages.error(request, _("No other product has this id or name."))
        else:
            ids.add(accessory.pk)
    elif remove.isascii() and remove.isdigit():
        ids.discard(int(remove))
    change_accessories(workspace=request.workspace, product_id=found.pk, accessory_ids=sorted(ids))
    return redirect("transactions:product-card", workspace, found.pk)


def _named_product(request: WorkspaceRequest, name: str) -> Product | None:
    products = Product.objects.in_workspace(request.workspace)
    by_id = products.filter(external_id=name).first()
    return by_id or products.filter(name_key=normalise(name)[:128]).order_by("pk").first()


@require_safe
def transaction_list(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Transactions as they stand now, newest first."""
    require(request.actor, Action.READ_CONTACTS)
    everything = Transaction.objects.in_workspace(request.workspace).current()
    filters = TransactionFilter(request.GET, queryset=everything, request=request)
    found = _narrowed(filters, everything).select_related("contact")
    ordered = found.order_by("-occurred_at", "-pk")
    names = ("external_id", "contact", "kind", "status", "channel")
    page = Paginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "kinds": TransactionKind.choices,
        "statuses": TransactionStatus.choices,
        "channels": CHANNELS,
        "channel_labels": dict(CHANNELS),
        "is_narrowed": any(request.GET.get(name) for name in names),
        "is_empty": not page.paginator.count and not everything.exists(),
        "may_import": request.actor.may(Action.WRITE_DATA),
    }
    return render(request, "transactions/list.html", context)


@require_safe
def transaction_card(request: WorkspaceRequest, workspace: int, transaction: int) -> HttpResponse:
    """A transaction: its lines as they stand, and everything said of it before."""
    require(request.actor, Action.READ_CONTACTS)
    versions = list(
        Transaction.objects.in_workspace(request.workspace)
        .filter(root_id=transaction)
        .select_related("contact", "visit")
        .order_by("-version_from")
    )
    if not versions:
        raise Http404
    now = versions[0]
    context = {
        "now": now,
        "versions": versions,
        "lines": LineItem.objects.in_workspace(request.workspace)
        .filter(transaction_id=now.pk)
        .select_related("product", "brand", "category", "variant")
        .prefetch_related("properties")
        .order_by("line_number"),
        "refunds": Refund.objects.in_workspace(request.workspace)
        .filter(transaction_id=transaction)
        .order_by("occurred_at", "pk"),
        "channel_label": dict(CHANNELS).get(now.channel, now.channel),
        "margin": None if now.cost_amount is None else now.goods_amount - now.cost_amount,
    }
    return render(request, "transactions/card.html", context)
