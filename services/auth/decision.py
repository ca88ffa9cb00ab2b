"""The decision whether a request is admitted, from what it presents and what is known of it."""

from dataclasses import dataclass

from services.auth import allowlist
from services.auth import key_secret as api_keys
from services.auth.allowlist import Address
from services.auth.records import KeyGrant
from services.config.plans import Plan
from services.errors import Text


@dataclass(frozen=True, slots=True)
class Admission:
    """A right key that may be used: what it opens, and how often a minute."""

    grant: KeyGrant
    requests_per_minute: int


def read_secret(authorization: str) -> str | Text:
    """The secret in an `Authorization` header, if it could be one; several joined headers can't."""
    scheme, _, credentials = authorization.strip(" ").partition(" ")
    credentials = credentials.strip(" ")
    if scheme.lower() != "bearer" or not credentials:
        return Text.MISSING_API_KEY
    return credentials if api_keys.is_well_formed(credentials) else Text.INVALID_API_KEY


def decide(grant: KeyGrant | None, plan: Plan | None, address: Address | None, now_ms: int) -> Admission | Text:
    """First whether the key is right (INVALID_API_KEY), then whether it may be used like this.

    `grant` is what the key opens, None for an unknown one; `plan` is the account's, None when the table lacks it.
    """
    if grant is None or grant.revoked_ms is not None:
        # The same for what never was a key and for what is one no more, so that trying keys teaches nothing.
        return Text.INVALID_API_KEY
    if grant.expires_ms is not None and now_ms >= grant.expires_ms:
        # The caller held the whole secret, and needs to know that nothing but time is wrong.
        return Text.EXPIRED_API_KEY
    if not allowlist.allows(grant.allowlist, address):
        return Text.IP_NOT_ALLOWED
    if plan is None or not plan.has_api_access:
        return Text.PLAN_WITHOUT_API
    return Admission(grant, plan.requests_per_minute) if grant.chatbot_enabled else Text.CHATBOT_DISABLED
