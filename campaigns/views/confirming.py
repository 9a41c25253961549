from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.responses.tokens import Purpose, read
from campaigns.services import confirming
from campaigns.services.confirming import ConfirmationState
from campaigns.views.public import caller_of, no_such_link, now_of, public_page
from contacts.models import Contact
from workspaces.middleware import WorkspaceRequest
from workspaces.policies import Action, require

_TEMPLATES = {
    ConfirmationState.OPEN: ("messages/confirm.html", 200),
    ConfirmationState.CONFIRMED: ("messages/confirmed.html", 200),
}
_OVER = ("messages/confirmation_over.html", 410)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button; scanners that fetch it change nothing. POST confirms, once."""
    found = read(Purpose.CONFIRM, token)
    if found is None:
        return no_such_link()
    now = now_of(request)
    if request.method == "POST":
        stands = confirming.confirm(token=found, caller=caller_of(request), now=now)
    else:
        stands = confirming.confirmation_of(token=found, now=now)
    template, status = _TEMPLATES.get(stands.state, _OVER)
    return public_page(template, stands, status=status)


@require_POST
def ask(request: WorkspaceRequest, workspace: int) -> HttpResponse:
    """Ask a contact by e-mail to confirm."""
    require(request.actor, Action.WRITE_CONTACTS)
    contact = request.POST.get("contact", "")
    if not (contact.isascii() and contact.isdigit() and len(contact) <= 18):
        raise Http404
    try:
        asked = confirming.ask_to_confirm(
            workspace=request.workspace,
            contact_id=int(contact),
            source="asked by hand",
            now=request.now,
        )
    except Contact.DoesNotExist:
        raise Http404 from None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = _("{address} is asked to confirm. The link works for seven days.")
        messages.success(request, text.format(address=asked.address))
    return redirect("contacts:card", workspace, contact)
