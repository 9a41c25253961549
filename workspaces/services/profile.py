"""What people change about themselves."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from workspaces.models import User


def change_profile(*, user: User, name: str, language: str) -> User:
    """Change a person's name and language ("" follows the browser).

    Raises `ValidationError` by field.
    """
    errors: dict[str, ValidationError] = {}
    name = " ".join(name.split())
    if len(name) > 150:
        errors["name"] = ValidationError(_("A name has at most 150 characters."), code="too_long")
    if language and language not in dict(settings.LANGUAGES):
        errors["language"] = ValidationError(_("This language isn't available."), code="invalid")
    if errors:
        raise ValidationError(errors)
    user.name, user.language = name, language
    user.save(update_fields=["name", "language"])
    return user
