from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tracking.models import ParameterType


class KindForm(forms.Form):
    """A new kind of activity; parameters one a line: `city text`."""

    label = forms.CharField(label=_("Name"), max_length=120)
    key = forms.RegexField(
        label=_("Key"),
        regex=r"^[a-z][a-z0-9_]{0,59}\Z",
        max_length=60,
        help_text=_("Lower-case letters, digits and _; programs and segments name it. Permanent."),
    )
    parameters = forms.CharField(
        label=_("Parameters"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: its key and its type (text, number, boolean or date)."),
    )
    is_engagement = forms.BooleanField(
        label=_("Counts as the contact showing interest"), required=False, initial=True
    )

    def clean_parameters(self) -> dict[str, str]:
        """Types by key."""
        found: dict[str, str] = {}
        for line in self.cleaned_data["parameters"].splitlines():
            words = line.replace(":", " ").split()
            if not words:
                continue
            type_name = words[1] if len(words) > 1 else ParameterType.TEXT.value
            if len(words) > 2 or type_name not in ParameterType.values:
                raise ValidationError(
                    _('"%(line)s" is not a key and a type, like "city text".'),
                    params={"line": line[:80]},
                )
            found[words[0]] = type_name
        return found
