"""What people fill in about contacts. Services check; forms only translate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    AttributeDefinition,
    AttributeType,
    Channel,
    ConsentStatus,
    Contact,
)
from contacts.reading import Known
from workspaces.batches import ItemError

TOP_LEVEL = ("email", "phone", "time_zone", "language")
YES_OR_NO = (("", "–"), ("true", _("yes")), ("false", _("no")))
# On top of the form, in this order; the others follow as they were made.
FIRST = ("first_name", "last_name", "email", "phone")


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class InstantInput(forms.DateTimeInput):
    """The browser's own calendar and clock, in the workspace's time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ContactForm(forms.Form):
    """Every attribute of a contact; `item()` is what the form says, as the REST batch says it."""

    external_id = forms.CharField(
        label=_("External id"),
        max_length=200,
        required=False,
        help_text=_("The id your shop knows this person by. It can't be changed later."),
    )

    def __init__(
        self,
        *args: Any,
        definitions: Iterable[AttributeDefinition],
        contact: Contact | None = None,
        known: Known | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.definitions = sorted(
            definitions, key=lambda each: (_rank(each.key), not each.is_builtin, each.pk)
        )
        for definition in self.definitions:
            field = attribute_field(definition)
            if known is not None:
                field.initial = _initial(definition, known.attributes.get(definition.key))
            self.fields[_field_name(definition.key)] = field
        if contact is not None and contact.external_id is not None:
            del self.fields["external_id"]

    def main_fields(self) -> list[forms.BoundField]:
        """Who it is."""
        names = [_field_name(key) for key in FIRST if _field_name(key) in self.fields]
        return [self[name] for name in (*names, "external_id") if name in self.fields]

    def more_fields(self) -> list[forms.BoundField]:
        """Everything else."""
        main = {field.name for field in self.main_fields()}
        return [self[name] for name in self.fields if name not in main]

    def item(self) -> dict[str, Any]:
        """What was changed, shaped as an item of the REST batch."""
        attributes: dict[str, Any] = {}
        item: dict[str, Any] = {"attributes": attributes}
        if self.cleaned_data.get("external_id"):
            item["external_id"] = self.cleaned_data["external_id"]
        for definition in self.definitions:
            name = _field_name(definition.key)
            if name not in self.changed_data:
                continue
            value = _raw(definition, self.cleaned_data.get(name))
            target = item if definition.key in TOP_LEVEL else attributes
            target[definition.key] = value
        return item

    def add_item_errors(self, errors: Sequence[ItemError]) -> None:
        """Show what a service refused at the field it names."""
        for error in errors:
            key = error.path.removeprefix("$.attributes.").removeprefix("$.").partition("[")[0]
            name = key if key == "external_id" else _field_name(key)
            self.add_error(name if name in self.fields else None, error.message)


def _rank(key: str) -> int:
    return FIRST.index(key) if key in FIRST else len(FIRST)


def _field_name(key: str) -> str:
    return f"a-{key}"


def attribute_field(definition: AttributeDefinition) -> forms.Field:
    """The form field for an attribute's type."""
    label = gettext(definition.label)
    options = [(each["key"], gettext(each["label"])) for each in definition.options]
    match definition.type:
        case AttributeType.NUMBER:
            return forms.FloatField(label=label, required=False)
        case AttributeType.BOOLEAN:
            return forms.ChoiceField(label=label, required=False, choices=YES_OR_NO)
        case AttributeType.DATE:
            return forms.DateField(label=label, required=False, widget=DateInput())
        case AttributeType.DATETIME:
            return forms.DateTimeField(label=label, required=False, widget=InstantInput())
        case AttributeType.CHOICE if options:
            return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *options])
        case AttributeType.CHOICES if options:
            return forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=options,
                widget=forms.CheckboxSelectMultiple(),
            )
        case AttributeType.CHOICES:
            return forms.CharField(
                label=label, required=False, help_text=_("Separate several by commas.")
            )
    return forms.CharField(label=label, required=False, max_length=4000)


def _initial(definition: AttributeDefinition, value: Any) -> Any:
    if value is None:
        return None
    if definition.type == AttributeType.BOOLEAN:
        return "true" if value else "false"
    if definition.type == AttributeType.CHOICES and not definition.options:
        return ", ".join(value)
    if definition.type == AttributeType.DATETIME:
        return timezone.localtime(value)
    if definition.type == AttributeType.NUMBER and value.is_integer():
        return int(value)
    return value


def _raw(definition: AttributeDefinition, value: Any) -> Any:
    if value in (None, "", []):
        return None
    if definition.type == AttributeType.BOOLEAN:
        return value == "true"
    if definition.type == AttributeType.CHOICES and isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


class NameForm(forms.Form):
    """The name of a tag or a category."""

    name = forms.CharField(label=_("Name"), max_length=120)


class ListForm(forms.Form):
    """A static list."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )


class AttributeForm(forms.Form):
    """A new attribute."""

    label = forms.CharField(label=_("Name"), max_length=120)
    key = forms.CharField(
        label=_("Key"),
        max_length=60,
        help_text=_("How files and the API name it, like shoe_size. It can't be changed later."),
    )
    type = forms.ChoiceField(label=_("Type"), choices=AttributeType.choices)
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("For choices only: one a line. Leave empty to take any text."),
    )

    def choices(self) -> list[str]:
        """The choices, one a line."""
        return _lines(self.cleaned_data.get("options", ""))


class ChangedAttributeForm(forms.Form):
    """What may change of an attribute."""

    label = forms.CharField(label=_("Name"), max_length=120)
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("One a line, as key = label, or the key alone."),
    )

    @staticmethod
    def of(definition: AttributeDefinition, data: Mapping[str, Any] | None) -> ChangedAttributeForm:
        """The form of an attribute; without choices unless its type has them."""
        lines = [
            each["key"] if each["key"] == each["label"] else f"{each['key']} = {each['label']}"
            for each in definition.options
        ]
        form = ChangedAttributeForm(
            data, initial={"label": definition.label, "options": "\n".join(lines)}
        )
        if definition.type not in (AttributeType.CHOICE, AttributeType.CHOICES):
            del form.fields["options"]
        return form

    def choices(self) -> list[dict[str, str]] | None:
        """The choices as key and label, or None for types without."""
        if "options" not in self.fields:
            return None
        found = []
        for line in _lines(self.cleaned_data.get("options", "")):
            key, equals, label = (part.strip() for part in line.partition("="))
            found.append({"key": key, "label": label if equals and label else key})
        return found


class PeopleForm(forms.Form):
    """Several contacts, named by external id or e-mail."""

    people = forms.CharField(
        label=_("External ids or e-mail addresses"),
        widget=forms.Textarea({"rows": 6}),
        help_text=_("One a line, or separated by commas."),
    )

    def names(self) -> list[str]:
        """What was typed, without repeats."""
        parts = re.split(r"[\n,;]+", self.cleaned_data.get("people", ""))
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))[:10_000]


class ConsentForm(forms.Form):
    """What a contact said about a channel."""

    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    status = forms.ChoiceField(label=_("Consent"), choices=ConsentStatus.choices)
    topic = forms.CharField(
        label=_("Topic"), max_length=60, required=False, help_text=_("Empty for everything.")
    )


class MergeForm(forms.Form):
    """Which other contact is the same person."""

    other = forms.CharField(
        label=_("External id or e-mail of the other contact"),
        max_length=320,
        help_text=_("It goes into this one, with everything known of it."),
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
