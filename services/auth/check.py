"""May this request in? The decision alone: what was presented and what is known of it go in, a refusal comes out."""

from dataclasses import dataclass

from services.auth import allowlist, api_keys
from services.auth.allowlist import Address
from services.auth.records import KeyGrant
from services.config.plans import Plan
from services.errors import Reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not; `text` is public."""

    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class Admission:
    """The key is right and may be used: what it opens, and how often a minute."""

    grant: KeyGrant
    requests_per_minute: int


MISSING = Refusal(
    Reason.MISSING_CREDENTIALS,
    "Missing API key. Send it as: Authorization: Bearer cm_live_…",
)
# One text for what never was a key and for what is one no more, so that trying keys teaches nothing.
INVALID = Refusal(Reason.INVALID_API_KEY, "Invalid API key.")
# Whoever hears this held the whole secret, and needs to know that nothing but time is wrong.
EXPIRED = Refusal(Reason.INVALID_API_KEY, "This API key has expired.")
ADDRESS = Refusal(Reason.IP_NOT_ALLOWED, "This API key may not be used from your IP address.")
PLAN = Refusal(Reason.PLAN_WITHOUT_API, "The plan of this account has no API access.")
DISABLED = Refusal(Reason.CHATBOT_DISABLED, "This chatbot is disabled.")


def read_secret(authorization: str) -> str | Refusal:
    """The secret in an `Authorization` header, if it could be one; several headers arrive joined and never could."""
    scheme, _, credentials = authorization.strip(" ").partition(" ")
    credentials = credentials.strip(" ")
    if scheme.lower() != "bearer" or not credentials:
        return MISSING
    return credentials if api_keys.is_well_formed(credentials) else INVALID


def decide(grant: KeyGrant | None, plan: Plan | None, address: Address | None, now_ms: int) -> Admission | Refusal:
    """First whether the key is one (INVALID_API_KEY), then whether it may be used like this (the other reasons).

    `grant` is what the key opens, None for an unknown one; `plan` is the account's, None when the table lacks it.
    """
    if grant is None or grant.revoked_ms is not None:
        return INVALID
    if grant.expires_ms is not None and now_ms >= grant.expires_ms:
        return EXPIRED
    if not allowlist.allows(grant.allowlist, address):
        return ADDRESS
    if plan is None or not plan.has_api_access:
        return PLAN
    return Admission(grant, plan.requests_per_minute) if grant.chatbot_enabled else DISABLED
