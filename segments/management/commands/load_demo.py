"""`manage.py load_demo`: the demo shop, once; prints its login as JSON on the last line."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from segments.demo.loading import count_segments, load_demo
from segments.demo.planner import analyze_new_tables
from segments.signals import demo_shop_loaded
from workspaces.models import User, Workspace

EMAIL = "demo@nordlicht.example"


class Command(BaseCommand):
    help = "Load the demo shop and print its login"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--contacts", type=int, default=21_000)

    def handle(self, *args: Any, **options: Any) -> None:
        if Workspace.objects.filter(is_demo=True).exists():
            raise CommandError("The demo shop is here already.")
        password = secrets.token_urlsafe(12)
        owner = User.objects.create_user(EMAIL, password, name="Ola Nowicka")
        EmailAddress.objects.create(user=owner, email=EMAIL, verified=True, primary=True)
        now = timezone.now()
        workspace = load_demo(
            owner=owner,
            now=now,
            contacts=options["contacts"],
            progress=self.stdout.write,
            after_batch=analyze_new_tables,
        )
        demo_shop_loaded.send(sender=Workspace, workspace=workspace, owner=owner, now=now)
        count_segments(clock=timezone.now, progress=self.stdout.write)
        login = {"email": EMAIL, "password": password, "workspace": workspace.pk}
        self.stdout.write(json.dumps(login))
