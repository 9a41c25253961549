from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from workspaces.tenancy import WorkspaceModel

TIME_ZONES = frozenset(available_timezones())  # asked once: that reads hundreds of files
MAX_WORKSPACE_ID = 2**22 - 1  # contact ids (workspace << 31 | number) must fit a JavaScript number


class UserQuerySet(BaseUserManager["User"]):
    """People sign in by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in; member of any number of workspaces."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserQuerySet] = UserQuerySet()

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email


def validate_time_zone(value: str) -> None:
    """Refuse what is not an IANA time zone."""
    if value not in TIME_ZONES:
        raise ValidationError(_("%(value)s is not a time zone."), params={"value": value})


def _new_key() -> bytes:
    return secrets.token_bytes(32)


class LeapBirthday(models.TextChoices):
    """When somebody born on 29 February has a birthday in common years."""

    FEBRUARY_28 = "02-28", _("28 February")
    MARCH_1 = "03-01", _("1 March")


class Workspace(models.Model):
    """A tenant: one shop's contacts and everything known about them."""

    name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_time_zone]
    )
    week_start = models.PositiveSmallIntegerField(
        _("week starts on"),
        default=1,
        choices=[(1, _("Monday")), (6, _("Saturday")), (7, _("Sunday"))],
    )
    base_currency = models.CharField(_("base currency"), max_length=3, default="EUR")
    language = models.CharField(_("language"), max_length=10, default="en")
    leap_birthday = models.CharField(
        max_length=5, choices=LeapBirthday.choices, default=LeapBirthday.FEBRUARY_28
    )
    # Hashes of suppressed addresses; never rotated, else suppressions would be forgotten.
    suppression_key = models.BinaryField(max_length=32, default=_new_key, editable=False)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id__lte=MAX_WORKSPACE_ID), name="workspace_id_fits_contact_ids"
            ),
            models.CheckConstraint(
                condition=models.Q(week_start__in=[1, 6, 7]), name="workspace_week_start_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Role(models.TextChoices):
    """What a member may do; `policies.py` holds what each role means."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MARKETER = "marketer", _("Marketer")
    VIEWER = "viewer", _("Viewer")


class Member(models.Model):
    """A person in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="member_once_a_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """An invitation to join a workspace; the token is stored as a hash."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.email


class ApiKey(models.Model):
    """A key for integrators. Secret keys read and write by scope; public keys only ingest.

    Shown once as `prefix.secret`; only the SHA-256 of the secret (256 random bits) is stored.
    """

    class Kind(models.TextChoices):
        SECRET = "secret", _("Secret key")
        PUBLIC = "public", _("Public write key")

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    prefix = models.CharField(max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    def is_live(self, *, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class AuditEntry(WorkspaceModel):
    """Who did what; append-only (the app role can't update or delete)."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    actor_kind = models.CharField(max_length=10)  # user, key, system
    user = models.ForeignKey(
        User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    action = models.CharField(max_length=60)  # "segment.changed"
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-at"], name="audit_newest_first")]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action}"


class IdempotencyRecord(WorkspaceModel):
    """The answer given to a request that carried an `Idempotency-Key`; kept for 48 hours."""

    key = models.CharField(max_length=255)
    route = models.CharField(max_length=200)  # "POST /api/v1/contacts/batch"
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "key", "route"], name="idempotency_key_once_a_route"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "expires_at"], name="idempotency_expiry")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
