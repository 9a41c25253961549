"""Members of a segment as a file."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from django.utils.text import slugify

from contacts.csv_export import contact_rows, csv_response
from contacts.models import Contact
from segments.engine.sets import ContactSet
from segments.models import Segment
from workspaces.models import Workspace


def members_csv(
    workspace: Workspace, segment: Segment, members: ContactSet
) -> StreamingHttpResponse:
    """The members as a spreadsheet can open them, streamed."""
    contacts = Contact.objects.in_workspace(workspace).live().filter(pk__in=members.id_list())
    name = slugify(segment.name) or f"segment-{segment.pk}"
    return csv_response(contact_rows(workspace, contacts), f"{name}.csv")
