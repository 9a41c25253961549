"""E-mails the workspace itself writes to people (campaigns are something else)."""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from workspaces.models import Invitation

logger = structlog.get_logger(__name__)


def send_invitation(*, invitation: Invitation, url: str, language: str) -> bool:
    """Mail the invitation's link; False when the mail server didn't take it."""
    with override(language):
        subject = _("Join %(workspace)s on Kohorta") % {"workspace": invitation.workspace.name}
        body = render_to_string(
            "workspaces/email/invitation.txt", {"invitation": invitation, "url": url}
        )
    try:
        send_mail(" ".join(subject.split()), body, None, [invitation.email])
    except (SMTPException, OSError):
        logger.warning("invitation_not_sent", invitation_id=invitation.pk, exc_info=True)
        return False
    return True
