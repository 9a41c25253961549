"""A row in every table of a workspace, made from what the models say about their columns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import Error, connection, models, transaction

from tests.makers.workspaces import NOW, make_user
from tests.security.catalog import models_with_a_workspace
from workspaces.models import User, Workspace
from workspaces.tenancy import workspace_scope

# Ids no sequence reaches in a test: each belongs to one row of one table.
_ids = count(700_000_001)
_numbers = count(1)

# Documents whose pages would show nothing of them if they weren't valid.
DOCUMENTS: dict[str, Callable[[str], Any]] = {
    "campaigns_campaign.audience": lambda text: {"segments": [], "lists": []},
    "campaigns_campaign.content": lambda text: {
        "subject": text,
        "preheader": text,
        "body": {"kind": "html", "source": f"<p>{text}</p>"},
        "text": text,
    },
    "campaigns_campaign.schedule": lambda text: {"kind": "now"},
    "campaigns_campaign.testing": lambda text: {"variants": [{"subject": text}]},
    "campaigns_savedblock.block": lambda text: {"id": "a", "type": "heading", "text": text},
}


class Canaries:
    """Texts that occur nowhere else: each is a sentence about one column of one row."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def sing(self, about: str) -> str:
        text = f"canary_{uuid.uuid4().hex[:12]}"
        self.made[text] = about
        return text

    def heard_in(self, text: str) -> list[str]:
        """What of this text only the owner of the canaries should have seen."""
        return [about for canary, about in self.made.items() if canary in text]


def fill_every_table(workspace: Workspace, canaries: Canaries) -> dict[str, int | str]:
    """Add a row to every table with a workspace; answers the primary key by model label.

    Every text column without choices that has room for it holds a canary.
    """
    made: dict[str, Any] = {}
    waiting = list(models_with_a_workspace())
    pointed_at_twice = {target for model in waiting for target in _targets_named_twice(model)}
    user = make_user(f"{canaries.sing('the e-mail of a member')}@example.org")
    with workspace_scope(workspace):
        while waiting:
            ready = [model for model in waiting if _is_ready(model, made)]
            if not ready:
                names = ", ".join(model._meta.label for model in waiting)
                raise AssertionError(f"these tables refer to each other: {names}")
            for model in ready:
                first = _add_row(model, workspace, made, canaries, user)
                made[model._meta.label] = first
                if model in pointed_at_twice:
                    second = _add_row(model, workspace, made, canaries, user)
                    made[f"another {model._meta.label}"] = second
                waiting.remove(model)
        with connection.cursor() as cursor:  # the composite foreign keys agree with the rows
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return {label: key for label, key in made.items() if not label.startswith("another ")}


def _targets_named_twice(model: type[models.Model]) -> set[type[models.Model]]:
    """What a row of this table names twice, perhaps never the same one ("accessory of")."""
    targets = [field.related_model for field in _references(model)]
    return {target for target in targets if targets.count(target) > 1 and target is not User}


def _references(model: type[models.Model]) -> list[models.ForeignKey]:
    return [
        field
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and field.name != "workspace"
    ]


def _is_ready(model: type[models.Model], made: dict[str, Any]) -> bool:
    return all(
        field.null
        or field.related_model in {User, model}
        or field.related_model._meta.label in made
        for field in _references(model)
    )


def _add_row(
    model: type[models.Model],
    workspace: Workspace,
    made: dict[str, Any],
    canaries: Canaries,
    user: User,
) -> Any:
    faults = []
    for skipped in _what_to_skip(model):
        values = {
            field.attname: _value(field, workspace, made, canaries, user)
            for field in model._meta.local_concrete_fields
            if not isinstance(field, models.GeneratedField) and field not in skipped
        }
        for field in _references(model):
            if field.related_model is model and not field.null:
                values[field.attname] = values[model._meta.pk.attname]  # its own first version
        try:
            with transaction.atomic():
                row = model(**values)
                model._base_manager.bulk_create([row])
        except Error as fault:
            faults.append(str(fault).strip().splitlines()[0])
        else:
            return row.pk
    existing = model._base_manager.filter(workspace=workspace).first()
    if existing is not None:  # made together with the workspace, and there can only be one
        return existing.pk
    raise AssertionError(f"no row could be made in {model._meta.db_table}: {faults}")


def _what_to_skip(model: type[models.Model]) -> Iterator[set[models.Field]]:
    """Check constraints often say "one of these is null": fewer and fewer columns are given."""
    nullable = {field for field in model._meta.local_concrete_fields if field.null}
    yield set()
    yield {f for f in nullable if not isinstance(f, models.CharField | models.TextField)}
    yield nullable
    for field in sorted(nullable, key=lambda field: field.name):
        yield nullable - {field}


def _value(
    field: models.Field,
    workspace: Workspace,
    made: dict[str, Any],
    canaries: Canaries,
    user: User,
) -> Any:
    if field.name == "workspace":
        return workspace.pk
    if isinstance(field, models.ForeignKey):
        if field.related_model is User:
            return user.pk
        target = field.related_model
        siblings = [other for other in _references(field.model) if other.related_model is target]
        another = siblings.index(field) % 2 and f"another {target._meta.label}" in made
        return made.get(f"{'another ' if another else ''}{target._meta.label}")
    if field.choices:
        return next(value for value, _label in field.flatchoices if value not in ("", None))
    if field.primary_key:
        return _primary_key(field, workspace)
    if isinstance(field, models.CharField | models.TextField):
        return _text(field, canaries)
    return _plain_value(field, canaries)


def _primary_key(field: models.Field, workspace: Workspace) -> Any:
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if not isinstance(field, models.AutoField | models.BigAutoField):
        return (workspace.pk << 31) + next(_ids)  # contacts and what is numbered like them
    return next(_ids)


def _text(field: models.Field, canaries: Canaries) -> str:
    room = field.max_length or 1000
    if room < 19:
        return f"{next(_numbers):x}"[:room]
    return canaries.sing(f"{field.model._meta.db_table}.{field.column}")


def _plain_value(field: models.Field, canaries: Canaries) -> Any:
    about = f"{field.model._meta.db_table}.{field.column}"
    match field:
        case models.BooleanField():
            return False
        case models.JSONField() if about in DOCUMENTS:
            return DOCUMENTS[about](canaries.sing(about))
        case models.JSONField():
            empty = field.get_default()
            return (
                [canaries.sing(about)] if isinstance(empty, list) else {"x": canaries.sing(about)}
            )
        case ArrayField():
            return [_plain_value(field.base_field, canaries)]
        case models.UUIDField():
            return uuid.uuid4()
        case models.GenericIPAddressField():
            return "203.0.113.7"
        case models.DateTimeField():
            # Periods start before they end.
            is_end = field.name.endswith("_to") or field.name == "expires_at"
            return NOW + timedelta(days=1) if is_end else NOW
        case models.DateField():
            return NOW.date()
        case models.TimeField():
            return NOW.time()
        case models.DecimalField():
            return Decimal(1)
        case models.DurationField():
            return timedelta(seconds=1)
        case models.BinaryField():
            return uuid.uuid4().bytes
        case models.FloatField():
            return 1.0
    if isinstance(field, models.IntegerField):
        return next(_numbers) % 30_000
    raise AssertionError(f"say in tests/security/rows.py what to put into {about}")
