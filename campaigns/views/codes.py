from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.codes import key_of_code
from campaigns.forms import CodesForm, PoolForm
from campaigns.models import Campaign, CodePool, DiscountCode
from campaigns.services import codes as services
from contacts.csv_export import csv_response, file_name_of
from segments.views.parameters import contact_after
from workspaces.forms import add_errors
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require
from workspaces.templatetags.shell import number as shown

PAGE_SIZE = 50
# A code is free, given, or used; a used one may never have been given.
FREE = Q(given_at__isnull=True, transaction__isnull=True)
STATES = {
    "free": (gettext_lazy("Free"), FREE),
    "given": (gettext_lazy("Given, not used"), Q(given_at__isnull=False, transaction=None)),
    "redeemed": (gettext_lazy("Used"), Q(transaction__isnull=False)),
}


@require_http_methods(["GET", "HEAD", "POST"])
def pools(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Pools of discount codes and how many are left; posting makes one."""
    require(request.actor, Action.READ_CAMPAIGNS)
    form = PoolForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(request.actor, Action.WRITE_CAMPAIGNS)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_pool(actor=request.actor, now=request.now, **form.given())
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("campaigns:pool", workspace, made.pk)
    everything = CodePool.objects.in_workspace(request.workspace).order_by("name", "pk")
    numbers = _numbers(DiscountCode.objects.in_workspace(request.workspace))
    rows = [(pool, numbers.get(pool.pk, _NOTHING)) for pool in everything]
    context = {
        "form": form,
        "rows": [row for row in rows if row[0].archived_at is None],
        "archived": [row for row in rows if row[0].archived_at is not None],
        "may_write": request.actor.may(Action.WRITE_CAMPAIGNS),
    }
    return render(request, "campaigns/codes.html", context)


@require_safe
def pool_page(request: WorkspaceRequest, workspace: int, pool: int) -> HttpResponse:
    """One pool: numbers, what fills it, its codes."""
    require(request.actor, Action.READ_CAMPAIGNS)
    return _pool_page(request, _find(request, pool), CodesForm())


@require_POST
def pool_change(request: WorkspaceRequest, workspace: int, pool: int) -> HttpResponse:
    """Another name, description or prefix."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    found = _find(request, pool)
    form = PoolForm(request.POST)
    if form.is_valid():
        try:
            services.change_pool(actor=request.actor, pool=found, now=request.now, **form.given())
        except ValidationError as error:
            add_errors(form, error)
    for errors in form.errors.values():
        messages.error(request, " ".join(map(str, errors)))
    return redirect("campaigns:pool", workspace, pool)


@require_POST
def pool_fill(request: WorkspaceRequest, workspace: int, pool: int) -> HttpResponse:
    """Put codes in: made here, or from a file or a text."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    found = _find(request, pool)
    form = CodesForm(request.POST, request.FILES)
    if not form.is_valid():
        return _pool_page(request, found, form)
    try:
        if form.cleaned_data["number"]:
            added = services.generate_codes(
                actor=request.actor,
                pool=found,
                number=form.cleaned_data["number"],
                now=request.now,
            )
            _say_added(request, added)
            return redirect("campaigns:pool", workspace, pool)
        filled = services.upload_codes(
            actor=request.actor, pool=found, lines=_lines(form), now=request.now
        )
    except services.TooManyCodesError as error:
        form.add_error(None, str(error))
        return _pool_page(request, found, form)
    _say_added(request, filled.added)
    if filled.repeated or filled.taken or filled.unusable:
        return _pool_page(request, found, CodesForm(), filled=filled)
    return redirect("campaigns:pool", workspace, pool)


@require_POST
def pool_archive(request: WorkspaceRequest, workspace: int, pool: int) -> HttpResponse:
    """Put the pool away, unless a campaign still needs it."""
    require(request.actor, Action.WRITE_CAMPAIGNS)
    found = _find(request, pool)
    try:
        services.archive_pool(actor=request.actor, pool=found, now=request.now)
    except services.PoolInUseError as error:
        messages.error(request, str(error))
        return redirect("campaigns:pool", workspace, pool)
    messages.success(request, _("{name} is archived.").format(name=found.name))
    return redirect("campaigns:codes", workspace)


@require_safe
def pool_file(request: WorkspaceRequest, workspace: int, pool: int) -> StreamingHttpResponse:
    """All codes of the pool as a file, to be put into the shop."""
    require(request.actor, Action.EXPORT)
    found = _find(request, pool)
    codes = DiscountCode.objects.in_workspace(request.workspace).filter(pool=found)
    rows = codes.select_related("contact", "campaign").order_by("pk").iterator(chunk_size=2_000)
    lines = (
        (
            code.code,
            code.contact.external_id or code.contact.email if code.contact else "",
            code.campaign.name if code.campaign else "",
            code.given_at,
            code.redeemed_at,
        )
        for code in rows
    )
    heading = [("code", "contact", "campaign", "given_at", "redeemed_at")]
    return csv_response(_chain(heading, lines), file_name_of(found.name))


def _chain(*parts: Any) -> Any:
    for part in parts:
        yield from part


def _find(request: WorkspaceRequest, pool_id: int) -> CodePool:
    return get_object_or_404(CodePool.objects.in_workspace(request.workspace), pk=pool_id)


_NOTHING = dict.fromkeys(("total", *STATES), 0)


def _numbers(codes: QuerySet[DiscountCode]) -> dict[int, dict[str, Any]]:
    """Total, free, given and used, by pool."""
    counted = (
        codes.order_by()
        .values("pool_id")
        .annotate(
            total=Count("id"),
            free=Count("id", filter=STATES["free"][1]),
            given=Count("id", filter=STATES["given"][1]),
            redeemed=Count("id", filter=STATES["redeemed"][1]),
        )
    )
    return {row["pool_id"]: dict(row) for row in counted}


def _pool_page(
    request: WorkspaceRequest,
    pool: CodePool,
    form: CodesForm,
    filled: services.Filled | None = None,
) -> HttpResponse:
    codes = DiscountCode.objects.in_workspace(request.workspace).filter(pool=pool)
    state = request.GET.get("state", "")
    search = request.GET.get("search", "").replace("\x00", "").strip()[:60]
    found = codes.filter(STATES[state][1]) if state in STATES else codes
    if search:
        found = found.filter(code_key__startswith=key_of_code(search))
    after = contact_after(request)
    rows = list(
        found.filter(pk__gt=after)
        .select_related("contact", "campaign")
        .order_by("pk")[: PAGE_SIZE + 1]
    )
    context = {
        "pool": pool,
        "form": form,
        "pool_form": PoolForm.of(pool),
        "filled": filled,
        "numbers": _numbers(codes).get(pool.pk, _NOTHING),
        "campaigns": Campaign.objects.in_workspace(request.workspace)
        .filter(code_pool=pool, archived_at__isnull=True)
        .order_by("name"),
        "states": [(key, label) for key, (label, _condition) in STATES.items()],
        "state": state,
        "search": search,
        "rows": rows[:PAGE_SIZE],
        "is_first": not after,
        "last": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
        "may_write": request.actor.may(Action.WRITE_CAMPAIGNS) and pool.archived_at is None,
        "may_export": request.actor.may(Action.EXPORT),
        "may_read_people": request.actor.may(Action.READ_CONTACTS),
    }
    return render(request, "campaigns/pool.html", context)


def _lines(form: CodesForm) -> Any:
    """Of the file, else of what was typed."""
    if file := form.cleaned_data["file"]:
        return io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline=None)
    return form.cleaned_data["text"].splitlines()


def _say_added(request: WorkspaceRequest, added: int) -> None:
    text = ngettext("{n} code added.", "{n} codes added.", added)
    messages.success(request, text.format(n=shown(added)))
