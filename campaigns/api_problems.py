"""What the routes about campaigns refuse, each in one wording."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from campaigns.documents import InvalidDocument
from campaigns.services.saving import CampaignLockedError, StaleVersionError
from workspaces.api import ProblemError


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
