"""What people fill in about sending. Services check; forms only translate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import CodePool, RevenueRule, SendingSettings
from campaigns.services.settings import Wanted

_POINTS = 100  # hundredths of a per cent in a per cent


class TimeInput(forms.TimeInput):
    """The browser's own clock."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class SettingsForm(forms.Form):
    """What holds for every campaign."""

    postal_address = forms.CharField(
        label=_("Postal address"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        help_text=_("Stands at the end of every e-mail. Without one nothing is sent."),
    )
    from_name = forms.CharField(
        label=_("Sender's name"),
        max_length=120,
        required=False,
        help_text=_("What new campaigns begin with, and who asks people to confirm."),
    )
    from_email = forms.CharField(
        label=_("Sender's address"),
        max_length=320,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    cap_number = forms.IntegerField(
        label=_("E-mails at most"),
        required=False,
        min_value=1,
        max_value=100,
        help_text=_("Of all campaigns together. Empty: no limit."),
    )
    cap_days = forms.IntegerField(label=_("Within days"), min_value=1, max_value=90)
    quiet_from = forms.TimeField(label=_("From"), required=False, widget=TimeInput())
    quiet_to = forms.TimeField(label=_("Until"), required=False, widget=TimeInput())
    holdout_points = forms.DecimalField(
        label=_("Hold-out group, per cent"),
        min_value=0,
        max_value=50,
        decimal_places=2,
        help_text=_(
            "These people get no campaign at all, so that reports can say what campaigns bring in."
        ),
    )
    jump_percent = forms.IntegerField(
        label=_("Ask before sending when the audience jumps by per cent"),
        min_value=5,
        max_value=1000,
        help_text=_("Compared with what its segments usually hold."),
    )
    attribution_days = forms.IntegerField(
        label=_("Days a purchase may come after it"), min_value=1, max_value=90
    )
    revenue_rule = forms.ChoiceField(
        label=_("A purchase is credited to"), choices=RevenueRule.choices
    )

    @classmethod
    def of(cls, saved: SendingSettings, posted: Any = None) -> SettingsForm:
        initial = {name: getattr(saved, name) for name in cls.base_fields}
        initial["holdout_points"] = Decimal(saved.holdout_points) / _POINTS
        return cls(posted, initial=initial)

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        return Wanted(
            postal_address=given["postal_address"],
            from_name=given["from_name"],
            from_email=given["from_email"],
            cap_number=given["cap_number"],
            cap_days=given["cap_days"],
            quiet_from=given["quiet_from"],
            quiet_to=given["quiet_to"],
            holdout_points=int(given["holdout_points"] * _POINTS),
            jump_percent=given["jump_percent"],
            attribution_days=given["attribution_days"],
            revenue_rule=RevenueRule(given["revenue_rule"]),
        )


class TopicForm(forms.Form):
    """A topic as contacts see it."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As people see it on their preference page.")
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("What they get and how often."),
    )


class PoolForm(forms.Form):
    """A pool of discount codes."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("What a code is worth in the shop."),
    )
    begins_with = forms.CharField(
        label=_("Codes made here begin with"),
        max_length=20,
        required=False,
        help_text=_("LINEN- makes codes like LINEN-7KQ4MCXR."),
    )

    @classmethod
    def of(cls, pool: CodePool) -> PoolForm:
        names = {"name": pool.name, "description": pool.description, "begins_with": pool.prefix}
        return cls(initial=names, auto_id="pool_%s")

    def given(self) -> dict[str, str]:
        given = self.cleaned_data
        return {
            "name": given["name"],
            "description": given["description"],
            "prefix": given["begins_with"],
        }


class CodesForm(forms.Form):
    """Codes for a pool: a number to be made, or a file, or a text."""

    number = forms.IntegerField(
        label=_("Make this many new codes"), required=False, min_value=1, max_value=1_000_000
    )
    file = forms.FileField(
        label=_("File with one code on each line"), required=False, allow_empty_file=True
    )
    text = forms.CharField(
        label=_("Or typed here, one a line"),
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        named = [name for name in ("number", "file", "text") if given.get(name)]
        if not named and not self.errors:
            raise forms.ValidationError(_("Say how many, choose a file, or type some codes."))
        if len(named) > 1:
            raise forms.ValidationError(_("One at a time: new codes, a file, or a text."))
        return given
