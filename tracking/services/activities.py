"""Recording activities with their typed parameters, once per external id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import Field, StrictBool, StrictFloat, StrictInt, field_validator

from contacts.models import ChangeKind
from contacts.services import touch_contacts
from contacts.text import key_of, normalise
from tracking.inserting import insert_all
from tracking.items import ContactReference, ExternalId, Instant, Item, ItemBatch, Key, clamp, text
from tracking.models import (
    Activity,
    ActivityKind,
    ActivityParameter,
    ActivityValue,
    ParameterType,
)
from tracking.references import contacts_of
from tracking.services.coverage import earliest_by_source, record_coverage
from tracking.services.facts import store_facts
from tracking.services.kinds import MAX_PARAMETERS, define_activity_kind, type_of_json
from workspaces.batches import ItemError, ItemResult
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

ParameterValue = Annotated[str, text(4000)] | StrictBool | StrictInt | StrictFloat


class ActivityItem(Item):
    """One activity of a batch, as docs/rest.md `activities/batch` names it."""

    external_id: ExternalId
    contact: ContactReference
    kind: Key
    occurred_at: Instant
    parameters: Annotated[dict[Key, ParameterValue | None], Field(max_length=MAX_PARAMETERS)] = {}

    @field_validator("parameters")
    @classmethod
    def _in_order(
        cls, parameters: dict[str, ParameterValue | None]
    ) -> dict[str, ParameterValue | None]:
        """Sorted, without missing values, so that the order of keys isn't content."""
        return {key: parameters[key] for key in sorted(parameters) if parameters[key] is not None}


def record_activities(
    *,
    workspace: Workspace,
    items: Sequence[Any],
    now: datetime,
    source: str,
    define: bool = False,
) -> list[ItemResult]:
    """Store activities with the values of their parameters.

    Unknown kinds and parameters are item errors, unless `define` declares them by the JSON type
    of their first value.
    """
    batch = ItemBatch(items, ActivityItem)
    with workspace_scope(workspace):
        if define:
            _define(workspace, list(batch.pending.values()))
        recorder = _Recorder(workspace, batch, now, source, _known_kinds(workspace, batch), {})
        stored = store_facts(
            workspace=workspace, batch=batch, model=Activity, prepare=recorder.prepare
        )
        insert_all(
            [
                value
                for index, activity in stored.items()
                for value in recorder.values_of(index, activity)
            ]
        )
        _tell(workspace, list(stored.values()), recorder.kinds)
    return batch.in_order()


@dataclass(frozen=True)
class _Kind:
    id: int
    key: str
    parameters: dict[str, ActivityParameter]


@dataclass(frozen=True)
class _Recorder:
    """Makes rows of the items of one batch."""

    workspace: Workspace
    batch: ItemBatch[ActivityItem]
    now: datetime
    source: str
    kinds: dict[str, _Kind]
    values: dict[int, list[ActivityValue]]

    def prepare(self, pending: dict[int, ActivityItem]) -> dict[int, Activity]:
        for index, item in pending.items():
            errors = self._check(index, item)
            if errors:
                self.batch.refuse_for(index, errors)
        contact_ids = contacts_of(
            workspace=self.workspace, batch=self.batch, now=self.now, source=self.source
        )
        return {
            index: self._row(pending[index], contact_id)
            for index, contact_id in contact_ids.items()
        }

    def values_of(self, index: int, activity: Activity) -> list[ActivityValue]:
        rows = self.values[index]
        for row in rows:
            row.activity_id = activity.pk
        return rows

    def _check(self, index: int, item: ActivityItem) -> list[ItemError]:
        kind = self.kinds.get(item.kind)
        if kind is None:
            return [ItemError("$.kind", "unknown_kind", _("There is no such kind of activity."))]
        errors: list[ItemError] = []
        self.values[index] = rows = []
        for key, value in item.parameters.items():
            parameter = kind.parameters.get(key)
            row = None
            if parameter is None:
                code, message = "unknown_parameter", _("This kind has no such parameter.")
            else:
                row = _value_row(self.workspace, parameter, value)
                code, message = "wrong_type", _("The value is not of the parameter's type.")
            if row is None:
                errors.append(ItemError(f"$.parameters.{key}", code, message))
            else:
                rows.append(row)
        return errors

    def _row(self, item: ActivityItem, contact_id: int) -> Activity:
        occurred_at, is_clamped = clamp(item.occurred_at, self.now)
        return Activity(
            workspace_id=self.workspace.pk,
            external_id=item.external_id,
            kind_id=self.kinds[item.kind].id,
            contact_id=contact_id,
            occurred_at=occurred_at,
            received_at=self.now,
            is_clamped=is_clamped,
        )


def _value_row(
    workspace: Workspace, parameter: ActivityParameter, value: object
) -> ActivityValue | None:
    """The value as a row, or None where it isn't of the parameter's type."""
    row = ActivityValue(workspace_id=workspace.pk, parameter_id=parameter.pk)
    if parameter.type == ParameterType.TEXT and isinstance(value, str):
        row.text, row.text_norm = value, normalise(value)
        row.text_key = key_of(row.text_norm)
        return row
    if parameter.type == ParameterType.BOOLEAN and isinstance(value, bool):
        row.number = float(value)
        return row
    if parameter.type == ParameterType.NUMBER and not isinstance(value, bool):
        row.number = _number(value)
        return row if row.number is not None else None
    if parameter.type == ParameterType.DATE and isinstance(value, str):
        try:
            row.date = date.fromisoformat(value)
        except ValueError:
            return None
        return row
    return None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _known_kinds(workspace: Workspace, batch: ItemBatch[ActivityItem]) -> dict[str, _Kind]:
    keys = {item.kind for item in batch.pending.values()}
    kinds = ActivityKind.objects.in_workspace(workspace).filter(key__in=keys)
    found = {kind.pk: _Kind(kind.pk, kind.key, {}) for kind in kinds}
    parameters = ActivityParameter.objects.in_workspace(workspace).filter(kind_id__in=found)
    for parameter in parameters:
        found[parameter.kind_id].parameters[parameter.key] = parameter
    return {kind.key: kind for kind in found.values()}


def _define(workspace: Workspace, items: list[ActivityItem]) -> None:
    wanted: dict[str, dict[str, str]] = {}
    for item in items:
        types = wanted.setdefault(item.kind, {})
        for key, value in item.parameters.items():
            types.setdefault(key, type_of_json(value).value)
    known = {
        (parameter.kind.key, parameter.key): parameter.type
        for parameter in ActivityParameter.objects.in_workspace(workspace)
        .filter(kind__key__in=wanted)
        .select_related("kind")
    }
    for kind, types in wanted.items():
        # A known parameter keeps its type; a value that doesn't fit is its item's error.
        types = {key: known.get((kind, key), type_name) for key, type_name in types.items()}
        define_activity_kind(workspace=workspace, key=kind, parameters=types)


def _tell(workspace: Workspace, activities: list[Activity], kinds: dict[str, _Kind]) -> None:
    if not activities:
        return
    touch_contacts(
        workspace=workspace,
        contact_ids={activity.contact_id for activity in activities},
        kind=ChangeKind.ACTIVITY,
    )
    keys = {kind.id: kind.key for kind in kinds.values()}
    earliest = earliest_by_source(
        [(f"activities.{keys[activity.kind_id]}", activity.occurred_at) for activity in activities]
    )
    record_coverage(workspace=workspace, earliest=earliest)
