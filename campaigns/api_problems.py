"""What the routes about campaigns refuse, each in one wording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from campaigns.audience import AudienceRefusedError, Refusal
from campaigns.documents import InvalidDocument
from campaigns.readiness import NotReadyError
from campaigns.services.saving import CampaignLockedError, StaleVersionError
from campaigns.services.starting import AlreadyRunningError
from workspaces.api import ProblemError
from workspaces.batches import ItemError


@contextmanager
def saving_problems() -> Iterator[None]:
    """An invalid part is a 400 that names every fault; what can't be changed now is a 409."""
    try:
        yield
    except InvalidDocument as error:
        raise ProblemError(
            400, "invalid_campaign", _("The campaign isn't valid."), errors=error.errors
        ) from error
    except CampaignLockedError as error:
        raise ProblemError(409, "locked", str(error)) from error
    except StaleVersionError as error:
        raise ProblemError(409, "stale", str(error)) from error


@contextmanager
def sending_problems() -> Iterator[None]:
    """What can't be sent is a 409 that says what to do about it."""
    try:
        with saving_problems():
            yield
    except AudienceRefusedError as error:
        raise ProblemError(
            409,
            "audience_refused",
            _("The audience can't be trusted, so nothing is sent to it."),
            errors=[_of_refusal(reason) for reason in error.reasons],
        ) from error
    except NotReadyError as error:
        raise ProblemError(
            409,
            "not_ready",
            _("The campaign can't be sent as it stands."),
            errors=[ItemError("$", "not_ready", reason) for reason in error.reasons],
        ) from error
    except AlreadyRunningError as error:
        raise ProblemError(409, "already_running", str(error)) from error


def _of_refusal(reason: Refusal) -> ItemError:
    return ItemError("$.audience", reason.code, reason.message)
