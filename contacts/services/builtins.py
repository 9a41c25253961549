"""The attributes every workspace starts with."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from contacts.models import AttributeDefinition, AttributeType, ContactCounter
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope

# Labels are stored in English and shown translated; a workspace may rename them.
BUILTIN_ATTRIBUTES: dict[str, tuple[str, AttributeType]] = {
    "email": (gettext_noop("E-mail"), AttributeType.TEXT),
    "phone": (gettext_noop("Phone"), AttributeType.TEXT),
    "first_name": (gettext_noop("First name"), AttributeType.TEXT),
    "last_name": (gettext_noop("Last name"), AttributeType.TEXT),
    "gender": (gettext_noop("Gender"), AttributeType.CHOICE),
    "birthday": (gettext_noop("Birthday"), AttributeType.DATE),
    "city": (gettext_noop("City"), AttributeType.TEXT),
    "region": (gettext_noop("Region"), AttributeType.TEXT),
    "postal_code": (gettext_noop("Postal code"), AttributeType.TEXT),
    "country": (gettext_noop("Country"), AttributeType.TEXT),
    "language": (gettext_noop("Language"), AttributeType.TEXT),
    "time_zone": (gettext_noop("Time zone"), AttributeType.TEXT),
    "company": (gettext_noop("Company"), AttributeType.TEXT),
    "job_title": (gettext_noop("Job title"), AttributeType.TEXT),
    "industry": (gettext_noop("Industry"), AttributeType.TEXT),
    "organisation_type": (gettext_noop("Type of organisation"), AttributeType.TEXT),
}
GENDERS = (
    {"key": "female", "label": gettext_noop("Female")},
    {"key": "male", "label": gettext_noop("Male")},
    {"key": "other", "label": gettext_noop("Other")},
)


def ensure_builtin_attributes(*, workspace: Workspace) -> None:
    """Make what is missing of the built-in attributes, and the counter of contact numbers."""
    with workspace_scope(workspace):
        AttributeDefinition.objects.bulk_create(
            [
                AttributeDefinition(
                    workspace=workspace,
                    key=key,
                    label=label,
                    type=attribute_type,
                    is_builtin=True,
                    options=list(GENDERS) if key == "gender" else [],
                )
                for key, (label, attribute_type) in BUILTIN_ATTRIBUTES.items()
            ],
            ignore_conflicts=True,
        )
        ContactCounter.objects.bulk_create(
            [ContactCounter(workspace=workspace)], ignore_conflicts=True
        )
