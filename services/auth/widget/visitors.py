"""Rules of visitors: who gets a ticket, and whether it still admits them.

All of it is looked up at every question: no cache could let in a site that was taken off the list.
"""

import re
import secrets
from dataclasses import dataclass

from services.auth import random_secret
from services.auth.fields import not_found
from services.auth.last_used import LastUsed
from services.auth.store import WidgetStore
from services.auth.widget.origins import admits, page_origin
from services.auth.widget.records import WidgetGrant
from services.database.refused_visitors import RefusalCounts
from services.errors import Text, refusal
from services.trust.tickets import Ticket, TicketSigner, invalid_ticket

CONVERSATION_BYTES = 16
SITE = "site"
"""Why a visitor is refused: the site is not listed."""

_CONVERSATION = re.compile(r"cnv_[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Admitted:
    """What the page of a visitor keeps."""

    ticket: str
    visitor: str
    conversation: str


class Visitors:
    """Visitors of the sites of widgets."""

    def __init__(
        self,
        widgets: WidgetStore,
        signer: TicketSigner,
        sightings: LastUsed[tuple[str, str]],
        refused: RefusalCounts,
    ) -> None:
        self._widgets = widgets
        self._signer = signer
        self._sightings = sightings
        self._refused = refused

    async def find(self, widget_id: str) -> WidgetGrant:
        """The widget with this id. NOT_FOUND for none, one that is off, and a disabled chatbot's."""
        grant = await self._widgets.grant(widget_id)
        if grant is None or not grant.is_open:
            raise not_found("widget")
        return grant

    async def admit(self, widget_id: str, origin: str, visitor: str, conversation: str, new: bool) -> Admitted:
        """A ticket for a visitor of a page of this origin. NOT_FOUND as of `find`; SITE_NOT_LISTED.

        `visitor`, `conversation`: from an earlier reply. What can't be is replaced, and a conversation also when `new`
        asks for it. Whether the conversation is this visitor's is not asked here.
        """
        grant = await self.find(widget_id)
        origin = page_origin(origin)
        self._require_site(grant, origin)
        if admits(grant.origins, origin):
            self._sightings.mark((grant.widget_id, origin))
        if not random_secret.is_well_formed(visitor):
            visitor, new = random_secret.new_secret(), True
        if not _CONVERSATION.fullmatch(conversation):
            new = True
        if new:
            conversation = f"cnv_{secrets.token_hex(CONVERSATION_BYTES)}"
        # With the chatbot in it, nobody can tell from the digests that one visitor was at two of them.
        digest = random_secret.digest(f"{grant.chatbot_id}:{visitor}").hex()
        ticket = Ticket(grant.chatbot_id, grant.widget_id, origin, digest, conversation, new)
        return Admitted(self._signer.sign(ticket), visitor, conversation)

    async def check(self, token: str) -> tuple[Ticket, WidgetGrant]:
        """The ticket in a token, and what its widget opens now.

        INVALID_TICKET, also when the widget has another id by now; then WIDGET_OFF, CHATBOT_DISABLED, SITE_NOT_LISTED.
        """
        ticket = self._signer.verify(token)
        grant = await self._widgets.grant(ticket.widget_id)
        if grant is None or grant.chatbot_id != ticket.chatbot_id:
            raise invalid_ticket()
        if not grant.widget_enabled:
            raise refusal(Text.WIDGET_OFF)
        if not grant.chatbot_enabled:
            raise refusal(Text.CHATBOT_DISABLED)
        self._require_site(grant, ticket.origin)
        return ticket, grant

    def _require_site(self, grant: WidgetGrant, origin: str) -> None:
        # Pages in apps have no origin that could be listed; where they are let in, everybody is.
        if not grant.allow_apps and not admits(grant.origins, origin):
            self._refused.count(grant.chatbot_id, SITE)
            raise refusal(Text.SITE_NOT_LISTED)
