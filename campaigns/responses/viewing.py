"""The message as a page, for those whose mail program doesn't show it well."""

from __future__ import annotations

from campaigns.content.rendering import renderer_for
from campaigns.documents import InvalidDocument
from campaigns.models import Recipient
from campaigns.responses.recording import recipients_by_id
from campaigns.responses.tokens import Token
from workspaces.models import Workspace
from workspaces.tenancy import workspace_scope


def message_in_browser(*, token: Token) -> str | None:
    """The HTML of a recipient's message, made again as of the run's instant; None if there is none.

    Its links aren't counted: who looks at this page needn't be the recipient.
    """
    workspace = Workspace.objects.get(pk=token.workspace_id)
    with workspace_scope(workspace):
        if not recipients_by_id(workspace, [token.recipient_id]):
            return None
        recipients = Recipient.objects.in_workspace(workspace).select_related("run")
        recipient = recipients.get(pk=token.recipient_id, run__workspace_id=workspace.pk)
        try:
            return renderer_for(workspace=workspace, run=recipient.run).page_of(recipient)
        except InvalidDocument:
            return None
