"""Topics that contacts subscribe to one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.models import Topic
from workspaces.audit import record_audit
from workspaces.policies import Action, Actor, require
from workspaces.tenancy import workspace_scope

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
MAX_TOPICS = 50


def create_topic(
    *, actor: Actor, name: str, description: str = "", key: str = "", now: datetime
) -> Topic:
    """A topic, last on the preference page.

    `key` is the topic of its consents and never changes; it is made of the name if none is given.
    Raises `ValidationError`, `PermissionDenied`.
    """
    require(actor, Action.MANAGE_WORKSPACE)
    workspace = actor.workspace
    with workspace_scope(workspace):
        topics = Topic.objects.in_workspace(workspace).select_for_update()
        known = {topic.key: topic for topic in topics}
        if sum(topic.archived_at is None for topic in known.values()) >= MAX_TOPICS:
            raise ValidationError(_("There are too many topics."))
        key = key.strip() or _free_key(name, known)
        if not _KEY.fullmatch(key):
            raise ValidationError(
                {"key": _("A key is made of small letters, digits, hyphens and underscores.")}
            )
        if key in known:
            raise ValidationError({"key": _("There is a topic with this key already.")})
        topic = Topic(
            workspace=workspace,
            key=key,
            name=_clean_name(name),
            description=_clean_description(description),
            position=min(1 + max((each.position for each in known.values()), default=0), 32_000),
        )
        topic.save()
        _audit(actor, "topic.created", topic, now)
        return topic


def change_topic(
    *, actor: Actor, topic: Topic, name: str, description: str = "", now: datetime
) -> Topic:
    """Rename or describe a topic. Raises `ValidationError`, `PermissionDenied`."""
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        topic = _locked(actor, topic)
        topic.name = _clean_name(name)
        topic.description = _clean_description(description)
        topic.save(update_fields=["name", "description"])
        _audit(actor, "topic.changed", topic, now)
        return topic


def archive_topic(*, actor: Actor, topic: Topic, now: datetime) -> Topic:
    """Take a topic off the preference page; consents to it stay. Raises `PermissionDenied`."""
    return _set_archived(actor, topic, at=now, action="topic.archived", now=now)


def restore_topic(*, actor: Actor, topic: Topic, now: datetime) -> Topic:
    """Put an archived topic back. Raises `PermissionDenied`."""
    return _set_archived(actor, topic, at=None, action="topic.restored", now=now)


def order_topics(*, actor: Actor, topic_ids: Sequence[int], now: datetime) -> None:
    """The order of the preference page; topics not named come after. Raises `PermissionDenied`."""
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        topics = list(
            Topic.objects.in_workspace(actor.workspace)
            .select_for_update()
            .order_by("position", "pk")
        )
        place = {pk: index for index, pk in enumerate(dict.fromkeys(topic_ids))}
        topics.sort(key=lambda topic: place.get(topic.pk, len(place)))
        for position, topic in enumerate(topics, start=1):
            topic.position = position
            topic.save(update_fields=["position"])
        record_audit(actor=actor, action="topic.ordered", now=now)


def _set_archived(
    actor: Actor, topic: Topic, *, at: datetime | None, action: str, now: datetime
) -> Topic:
    require(actor, Action.MANAGE_WORKSPACE)
    with workspace_scope(actor.workspace):
        topic = _locked(actor, topic)
        if (topic.archived_at is None) != (at is None):
            topic.archived_at = at
            topic.save(update_fields=["archived_at"])
            _audit(actor, action, topic, now)
        return topic


def _locked(actor: Actor, topic: Topic) -> Topic:
    return Topic.objects.in_workspace(actor.workspace).select_for_update().get(pk=topic.pk)


def _free_key(name: str, taken: dict[str, Topic]) -> str:
    base = slugify(name)[:50].strip("-_") or "topic"
    return next(
        key for n in range(1, 1_000) if (key := base if n == 1 else f"{base}-{n}") not in taken
    )


def _clean_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 120 or "\x00" in name:
        raise ValidationError({"name": _("Give a name of at most 120 characters.")})
    return name


def _clean_description(description: str) -> str:
    description = description.strip()
    if len(description) > 300 or "\x00" in description:
        raise ValidationError({"description": _("Give at most 300 characters.")})
    return description


def _audit(actor: Actor, action: str, topic: Topic, now: datetime) -> None:
    record_audit(actor=actor, action=action, now=now, subject=topic)
