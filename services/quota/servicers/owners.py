"""Whose credits a caller uses, and by which channel: the token says so, never the request."""

from services.quota.ledger.entry import Owner
from services.trust.principal import Channel, Principal, Role


def owner_of(principal: Principal) -> Owner:
    """Who pays for what this caller asks."""
    return Owner(
        account_id=principal.account_id,
        chatbot_id=principal.chatbot_id,
        api_key_id=principal.asked_with,
        channel=_channel(principal),
    )


def _channel(principal: Principal) -> str:
    if principal.role == Role.ROLE_MEMBER:
        return Channel.PLAYGROUND
    if principal.role == Role.ROLE_VISITOR:
        return Channel.WIDGET
    return principal.channel or Channel.API
