from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from workspaces.models import Role, User, Workspace
from workspaces.policies import KEY_SCOPES, Actor
from workspaces.services import create_key, create_workspace


class Command(BaseCommand):
    """Creates a workspace, its owner where missing, and a secret key; prints them as JSON."""

    help = "Create a workspace and print it with a fresh secret API key as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--time-zone", default="UTC", help="IANA name, e.g. Europe/Warsaw")
        parser.add_argument("--currency", default="EUR", help="ISO 4217 code, e.g. PLN")
        parser.add_argument("--owner", required=True, help="e-mail of the owner")
        parser.add_argument("--language", default="en")
        parser.add_argument("--week-start", type=int, default=1, choices=(1, 6, 7))
        parser.add_argument("--password", help="password of an owner who doesn't exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                printed = self._create(options, timezone.now())
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(json.dumps(printed, ensure_ascii=False))

    def _create(self, options: dict[str, Any], now: datetime) -> dict[str, Any]:
        owner = self._owner(options["owner"].strip().lower(), options["password"])
        workspace = create_workspace(
            owner=owner,
            name=options["name"],
            time_zone=options["time_zone"],
            week_start=options["week_start"],
            base_currency=options["currency"],
            language=options["language"],
            now=now,
        )
        _key, plain_text = create_key(
            actor=Actor(workspace=workspace, user=owner, role=Role.OWNER),
            name="create_workspace",
            scopes=[scope.value for scope in KEY_SCOPES],
            now=now,
        )
        return {"workspace": _printed(workspace, owner), "api_key": plain_text}

    def _owner(self, email: str, password: str | None) -> User:
        validate_email(email)
        owner = User.objects.filter(email=email).first()
        # Without a password the owner sets one through the "forgot password" page.
        return owner or User.objects.create_user(email, password)


def _printed(workspace: Workspace, owner: User) -> dict[str, Any]:
    return {
        "id": workspace.pk,
        "name": workspace.name,
        "time_zone": workspace.time_zone,
        "week_start": workspace.week_start,
        "base_currency": workspace.base_currency,
        "language": workspace.language,
        "owner": owner.email,
    }
