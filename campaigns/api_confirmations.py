"""Double opt-in over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.filters import ConfirmationFilters
from campaigns.models import ConfirmationRequest
from campaigns.serializers import ConfirmationAsked, ConfirmationSerializer
from campaigns.services.confirming import ask_to_confirm
from contacts.models import Contact
from contacts.reading import named
from workspaces.api import ProblemError, WorkspaceViewSet
from workspaces.policies import Action


class ConfirmationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, WorkspaceViewSet):
    """Contacts asked by e-mail to confirm their consent."""

    serializer_class = ConfirmationSerializer
    queryset = ConfirmationRequest.objects.all()
    filterset_class = ConfirmationFilters
    required: ClassVar[dict[str, Action]] = {
        "GET": Action.READ_CONTACTS,
        "POST": Action.WRITE_CONTACTS,
    }

    @extend_schema(request=ConfirmationAsked, responses={202: ConfirmationSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Ask a contact to confirm: the letter goes out at once, its link works once, for 7 days.

        Until then their consent awaits confirmation, and no campaign is sent to them.
        """
        given = ConfirmationAsked(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        try:
            asked = ask_to_confirm(
                workspace=self.workspace,
                contact_id=self._contact(said),
                topic=said["topic"],
                source=said["source"],
                ip_address=said["ip"],
                wording=said["wording"],
                now=self.now,
            )
        except Contact.DoesNotExist:
            raise ProblemError(404, "not_found", _("There is no such contact.")) from None
        return Response(ConfirmationSerializer(asked).data, status=status.HTTP_202_ACCEPTED)

    def _contact(self, said: dict[str, Any]) -> int:
        """Raises `Contact.DoesNotExist`, and a 409 where an e-mail names several contacts."""
        if "contact" in said:
            return int(said["contact"])
        found, _unknown = named(self.workspace, [said.get("external_id") or said["email"]])
        if not found:
            raise Contact.DoesNotExist
        if len(found) > 1:
            raise ProblemError(409, "several", _("That fits several contacts."))
        return found[0]
