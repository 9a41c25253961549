"""The definitions a segment once had: read, said, and brought back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from segments.criteria.tree import InvalidTree, Tree, parse_tree
from segments.faults import say_faults
from segments.models import Segment, SegmentVersion
from segments.sentence import sentence_of
from segments.services.saving import SegmentInput, change_segment
from workspaces.audit import record_audit
from workspaces.policies import Actor


@dataclass(frozen=True)
class SaidVersion:
    """A version with its sentence; `error` says in words why it can't be evaluated any more."""

    version: SegmentVersion
    sentence: str
    error: str = ""


class VersionGoneError(ValueError):
    """The version names something that is gone; the message says what."""


def versions_of(*, segment: Segment) -> QuerySet[SegmentVersion]:
    """Every definition the segment had, newest first."""
    rows = SegmentVersion.objects.in_workspace(segment.workspace_id).filter(segment=segment)
    return rows.order_by("-number")


def find_version(*, segment: Segment, number: int) -> SegmentVersion:
    """Raises `SegmentVersion.DoesNotExist`."""
    return versions_of(segment=segment).get(number=number)


def tree_of_version(*, segment: Segment, version: SegmentVersion) -> Tree:
    """The version's tree as it would be understood today. Raises `InvalidTree`."""
    return parse_tree(
        version.definition.get("where"), workspace=segment.workspace, ancestors=(segment.pk,)
    )


def say_version(*, segment: Segment, version: SegmentVersion) -> SaidVersion:
    """The version in words; what it named may be gone."""
    try:
        tree = tree_of_version(segment=segment, version=version)
    except InvalidTree as error:
        return SaidVersion(version, "", say_faults(version.definition.get("where"), error))
    return SaidVersion(version, sentence_of(tree, segment.workspace.base_currency))


def restore_version(*, actor: Actor, segment: Segment, number: int, now: datetime) -> Segment:
    """Make an earlier definition the current one, as a new version; pins stay as they are.

    Where it says what the current one says, nothing changes. Raises
    `SegmentVersion.DoesNotExist`, and `VersionGoneError` when something it names is gone.
    """
    version = find_version(segment=segment, number=number)
    given = SegmentInput(where=version.definition.get("where"))
    try:
        restored = change_segment(actor=actor, segment=segment, given=given, now=now)
    except InvalidTree as error:
        raise VersionGoneError(
            _("Version {n} can't be restored: {error}").format(
                n=number, error=say_faults(given.where, error)
            )
        ) from error
    if restored.version_number == segment.version_number:
        return restored  # it says what the current one says
    record_audit(
        actor=actor,
        action="segment.version_restored",
        subject=restored,
        now=now,
        details={"restored": number, "version": restored.version_number},
    )
    return restored
