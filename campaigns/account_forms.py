"""What people fill in about an account: only what its way of sending needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.delivery.providers import API_URLS, REQUIRED
from campaigns.models import SendingAccount, Transport
from campaigns.services.accounts import (
    MAILBOX_FIELDS,
    SECRET_FIELDS,
    WantedAccount,
    fields_of,
    shown_credentials,
    shown_mailbox,
)

SECURITY: tuple[tuple[str, Promise], ...] = (
    ("starttls", _("STARTTLS (usual on port 587)")),
    ("tls", _("TLS from the first byte (usual on ports 465 and 993)")),
    ("none", _("Not protected")),
)
LABELS: dict[str, Promise] = {
    "host": _("Server"),
    "port": _("Port"),
    "security": _("Protection"),
    "user": _("User name"),
    "password": _("Password"),
    "api_key": _("API key"),
    "api_token": _("API token"),
    "secret_key": _("Secret key"),
    "server_token": _("Server token"),
    "api_url": _("Address of the API"),
    "project_id": _("Project id"),
    "region": _("Region"),
    "access_key_id": _("Access key id"),
    "secret_access_key": _("Secret access key"),
    "configuration_set_name": _("Configuration set"),
    "sender_domain": _("Sending domain at the provider"),
    "message_stream": _("Message stream"),
    "subaccount": _("Subaccount"),
    "signing_secret": _("Signing secret of webhooks"),
    "webhook_signing_key": _("Signing key of webhooks"),
    "tracking_secret": _("Signing secret of webhooks"),
    "webhook_key": _("Signing key of webhooks"),
    "tracking_webhook_verification_key": _("Verification key of webhooks"),
    "address": _("Address bounces go to"),
    "folder": _("Folder"),
}
# What is offered first, before the providers by name.
OWN_SERVERS = (Transport.INSTALLATION, Transport.SMTP)
PAIRS = (("host", "port"), ("user", "password"))


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AccountForm(forms.Form):
    """An account of one kind; secrets are never shown again, and stay where they are left empty."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("For yourselves."))
    per_second = forms.IntegerField(
        label=_("At most a second"), required=False, min_value=1, max_value=10_000
    )
    per_day = forms.IntegerField(
        label=_("At most a day"), required=False, min_value=1, max_value=100_000_000
    )
    warm_up_from = forms.DateField(
        label=_("Warm up from"),
        required=False,
        widget=DateInput(),
        help_text=_("A new sender begins with few e-mails a day, and with more each day."),
    )
    is_default = forms.BooleanField(
        label=_("Use it wherever a campaign names no other"), required=False
    )

    def __init__(
        self, *args: Any, transport: Transport, account: SendingAccount | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.transport, self.account = transport, account
        stored = shown_credentials(account) if account is not None else {}
        for name in fields_of(transport):
            self.fields[name] = _field(name, transport, stored.get(name, ""))
        mailbox = shown_mailbox(account) if account is not None else {}
        for name in MAILBOX_FIELDS if self.has_mailbox else ():
            field = _field(name, None, mailbox.get(name, ""))
            field.required = False
            self.fields[f"mailbox_{name}"] = field
        if account is None:
            self.fields["name"].initial = transport.label
        else:
            for name in ("name", "per_second", "per_day", "warm_up_from", "is_default"):
                self.fields[name].initial = getattr(account, name)

    @property
    def has_mailbox(self) -> bool:
        """Providers tell of bounces by themselves; servers send them back as mail."""
        return self.transport in OWN_SERVERS

    def credential_rows(self) -> list[list[forms.BoundField]]:
        """What stands beside each other."""
        return self._rows(fields_of(self.transport), "")

    def mailbox_rows(self) -> list[list[forms.BoundField]]:
        return self._rows(MAILBOX_FIELDS, "mailbox_") if self.has_mailbox else []

    def _rows(self, names: Sequence[str], before: str) -> list[list[forms.BoundField]]:
        pairs = [pair for pair in PAIRS if set(pair) <= set(names)]
        seconds = {second for _first, second in pairs}
        return [
            [self[before + each] for each in next((p for p in pairs if p[0] == name), (name,))]
            for name in names
            if name not in seconds
        ]

    def wanted(self) -> WantedAccount:
        given = self.cleaned_data
        mailbox = {
            name: str(given.get(f"mailbox_{name}") or "")
            for name in MAILBOX_FIELDS
            if self.has_mailbox
        }
        # A protection alone is chosen by itself: no mailbox is meant.
        is_named = any(mailbox.get(name) for name in ("host", "user", "address"))
        return WantedAccount(
            name=given["name"],
            transport=self.transport,
            credentials={name: str(given.get(name) or "") for name in fields_of(self.transport)},
            bounce_mailbox=mailbox if is_named else {},
            per_second=given["per_second"],
            per_day=given["per_day"],
            warm_up_from=given["warm_up_from"],
            is_default=given["is_default"],
        )


class DomainForm(forms.Form):
    """A domain campaigns are sent from."""

    domain = forms.CharField(
        label=_("Domain"),
        max_length=253,
        help_text=_("What stands behind the @ of the sender: shop.example."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


def transport_choices() -> list[tuple[str, list[Transport]]]:
    """Ways to send in two groups, providers by name."""
    providers = [each for each in Transport if each not in OWN_SERVERS]
    return [
        (gettext("Mail servers"), list(OWN_SERVERS)),
        (gettext("Providers"), sorted(providers, key=lambda each: str(each.label).lower())),
    ]


def _field(name: str, transport: Transport | None, stored: str) -> forms.Field:
    label = str(LABELS.get(name, name))
    if name == "security":
        default = "starttls" if transport else "tls"
        return forms.ChoiceField(label=label, choices=SECURITY, initial=stored or default)
    if name == "port":
        initial = stored or ("587" if transport else "993")
        return forms.IntegerField(
            label=label, min_value=1, max_value=65_535, initial=initial, required=False
        )
    if name == "api_url" and transport in API_URLS:
        urls = [(url, url) for url in API_URLS[transport]]
        is_needed = name in REQUIRED.get(transport, ())
        choices = urls if is_needed else [("", gettext("The usual one")), *urls]
        return forms.ChoiceField(label=label, choices=choices, initial=stored, required=is_needed)
    is_needed = transport is not None and (
        name in REQUIRED.get(transport, ()) or (transport == Transport.SMTP and name == "host")
    )
    if name in SECRET_FIELDS:
        kept = gettext("Kept. Fill in only to replace it.") if stored else ""
        return forms.CharField(
            label=label,
            required=is_needed and not stored,
            max_length=500,
            strip=True,
            help_text=kept,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        )
    return forms.CharField(
        label=label,
        required=is_needed,
        max_length=500,
        initial=stored,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
