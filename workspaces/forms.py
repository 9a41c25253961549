"""What people fill in about workspaces, members and keys. Services check; forms only translate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name, list_currencies
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from workspaces.models import TIME_ZONES, LeapBirthday, Role, Workspace
from workspaces.policies import KEY_SCOPES, Action, Actor, assignable_roles

COMMON_CURRENCIES = ("EUR", "PLN", "BRL", "USD", "GBP", "CHF", "CZK", "SEK", "NOK", "DKK", "HUF")

SCOPE_LABELS: dict[Action, Promise] = {
    Action.READ_CONTACTS: _("Read contacts"),
    Action.WRITE_CONTACTS: _("Write contacts, tags, attributes and lists"),
    Action.WRITE_DATA: _("Write visits, activities, products and transactions"),
    Action.READ_SEGMENTS: _("Read segments and count"),
    Action.WRITE_SEGMENTS: _("Write segments"),
    Action.READ_CAMPAIGNS: _("Read campaigns and their reports"),
    Action.WRITE_CAMPAIGNS: _("Write campaigns"),
    Action.SEND_CAMPAIGNS: _("Send campaigns"),
    Action.EXPORT: _("Export contacts"),
    Action.READ_SETTINGS: _("Read the workspace's settings"),
}
ROLE_HELP: dict[str, Promise] = {
    Role.OWNER: _("Everything, and makes other owners."),
    Role.ADMIN: _("Everything but making owners."),
    Role.MARKETER: _("Segments, contacts, campaigns, imports and exports."),
    Role.VIEWER: _("Sees everything, changes nothing."),
}
LIFETIMES: tuple[tuple[str, Promise], ...] = (
    ("30", _("In 30 days")),
    ("90", _("In 90 days")),
    ("365", _("In a year")),
    ("never", _("Never")),
)

Choices = list[Any]
WEEK_STARTS: Choices = list(Workspace._meta.get_field("week_start").flatchoices)


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """Show a service's complaint at the field it names, else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, found in error.error_dict.items():
        form.add_error(field if field in form.fields else None, found)


def time_zone_choices() -> Choices:
    """Time zones by continent; UTC first."""
    names = sorted(zone for zone in TIME_ZONES if _is_place(zone))
    groups = groupby(names, key=lambda zone: zone.partition("/")[0])
    places = [
        (region, [(zone, zone.partition("/")[2].replace("_", " ")) for zone in zones])
        for region, zones in groups
    ]
    return [("UTC", "UTC"), *places]


def currency_choices() -> Choices:
    """Currencies with their names, common ones first."""
    locale = _babel_locale()
    known = sorted(code for code in list_currencies(locale) if code.isascii())
    return [
        (_("Often used"), [(code, _currency(code, locale)) for code in COMMON_CURRENCIES]),
        (
            _("All"),
            [(code, _currency(code, locale)) for code in known if code not in COMMON_CURRENCIES],
        ),
    ]


def _is_place(zone: str) -> bool:
    region, slash, _place = zone.partition("/")
    return bool(slash) and region not in {"Etc", "SystemV", "US", "posix", "right"}


def _babel_locale() -> Locale:
    try:
        return Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _currency(code: str, locale: Locale) -> str:
    return f"{code} – {get_currency_name(code, locale=locale)}"


class NewWorkspaceForm(forms.Form):
    """A new workspace."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("The shop or brand whose contacts these are."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "organization"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        initial="UTC",
        help_text=_("Days begin and end here. It can be changed later."),
    )
    base_currency = forms.ChoiceField(
        label=_("Base currency"),
        choices=currency_choices,
        initial="EUR",
        help_text=_("Amounts are counted in it. It can't be changed later."),
    )
    week_start = forms.TypedChoiceField(
        label=_("Week starts on"),
        coerce=int,
        initial=1,
        choices=WEEK_STARTS,
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class WorkspaceForm(forms.Form):
    """Settings of a workspace; its base currency stays."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        help_text=_("Days begin and end here; segments are counted anew after a change."),
    )
    week_start = forms.TypedChoiceField(
        label=_("Week starts on"),
        coerce=int,
        choices=WEEK_STARTS,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of what the workspace writes by itself. People choose their own."),
    )
    leap_birthday = forms.ChoiceField(
        label=_("Birthdays of 29 February in other years"), choices=LeapBirthday.choices
    )

    @classmethod
    def of(cls, workspace: Workspace) -> WorkspaceForm:
        """The form filled with what the workspace has now."""
        names = ("name", "time_zone", "week_start", "language", "leap_birthday")
        return cls(initial={name: getattr(workspace, name) for name in names})


class InvitationForm(forms.Form):
    """Who is invited, as what."""

    email = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "ola@example.org"}),
    )
    role = forms.ChoiceField(label=_("Role"), initial=Role.MARKETER)

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data, auto_id="invite_%s")
        self.fields["role"].choices = role_choices(assignable_roles(actor))  # type: ignore[attr-defined]


def role_choices(roles: Iterable[Role]) -> Choices:
    """Roles with a line on what each may do."""
    return [(role.value, f"{role.label} – {ROLE_HELP[role]}") for role in roles]


class KeyForm(forms.Form):
    """A secret key: what it may do and for how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Where it is used, for instance: shop backend."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(scope.value, SCOPE_LABELS[scope]) for scope in KEY_SCOPES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    expires = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES, initial="365")

    def expires_at(self, *, now: datetime) -> datetime | None:
        """When the key ends, or None for never."""
        days = self.cleaned_data["expires"]
        return None if days == "never" else now + timedelta(days=int(days))


class PublicKeyForm(forms.Form):
    """A public write key: nothing to choose but its name."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("The site it stands in, for instance: shop.example.org."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ProfileForm(forms.Form):
    """What a person says about themselves."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Choices = [("", _("As the browser says")), *settings.LANGUAGES]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]
