"""Who we know: tables of contacts and of everything kept about them."""

from __future__ import annotations

from contacts.models.absences import (
    AbsenceKind,
    StatedAbsence,
)
from contacts.models.attributes import (
    AttributeDefinition,
    AttributeType,
    AttributeValue,
)
from contacts.models.changes import (
    EVERYBODY,
    ChangeKind,
    ChangeOrigin,
    ContactChange,
)
from contacts.models.consents import (
    Channel,
    Consent,
    ConsentRecord,
    ConsentStatus,
    Suppression,
    SuppressionReason,
)
from contacts.models.imports import (
    Import,
    ImportState,
    RejectedRow,
)
from contacts.models.labels import (
    Category,
    ContactCategory,
    ContactTag,
    LabelModel,
    Tag,
)
from contacts.models.lists import (
    ListEntry,
    StaticList,
)
from contacts.models.people import (
    NUMBER_BITS,
    NUMBER_MASK,
    Contact,
    ContactCounter,
    ContactQuerySet,
    contact_id_of,
)

__all__ = [
    "EVERYBODY",
    "NUMBER_BITS",
    "NUMBER_MASK",
    "AbsenceKind",
    "AttributeDefinition",
    "AttributeType",
    "AttributeValue",
    "Category",
    "ChangeKind",
    "ChangeOrigin",
    "Channel",
    "Consent",
    "ConsentRecord",
    "ConsentStatus",
    "Contact",
    "ContactCategory",
    "ContactChange",
    "ContactCounter",
    "ContactQuerySet",
    "ContactTag",
    "Import",
    "ImportState",
    "LabelModel",
    "ListEntry",
    "RejectedRow",
    "StatedAbsence",
    "StaticList",
    "Suppression",
    "SuppressionReason",
    "Tag",
    "contact_id_of",
]
