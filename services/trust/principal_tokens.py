"""Principal tokens: short-lived JWTs (HS256), signed with the installation's secret.

A token replaces the API key at the edge, so that the key itself never travels inside. It names the services that it is
for; others refuse it.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache

from chatmount.access.v1.access_pb2 import Role

from services.clock import Clock, system_clock
from services.errors import ChatmountError, Text, refusal
from services.trust.principal import SERVICES, Principal
from services.trust.signed_claims import GivenSecrets, SecretSource, read, sign

TTL_SECONDS = 60
CLOCK_SKEW_SECONDS = 5
REUSE_SECONDS = 20
CACHE_SIZE = 4096

CLAIMS = {
    "account": "account_id",
    "chatbot": "chatbot_id",
    "key": "key_id",
    "plan": "plan",
    "channel": "channel",
    "sub": "subject",
    "session": "user_session_id",
    "member_role": "member_role",
    "visitor": "visitor_digest",
    "conversation": "conversation_id",
    "new": "may_begin",
}
"""The fields of a principal by their names in a token; those that are empty are left out."""


class TokenSigner:
    """Signs and verifies principal tokens.

    `secrets`: the first signs, all verify, so that a secret can be replaced without refusing tokens in flight.
    """

    def __init__(self, secrets: Sequence[str] | SecretSource, clock: Clock = system_clock) -> None:
        self.source: SecretSource = GivenSecrets(secrets) if isinstance(secrets, Sequence) else secrets
        self._secrets = self.source.current()
        self._clock = clock
        # One request is a handful of calls for the same principal: each token is signed once and read once a process.
        self._sign_once = lru_cache(CACHE_SIZE)(self._sign_at)
        self._read_once = lru_cache(CACHE_SIZE)(self._read)

    def sign(self, principal: Principal, ttl_seconds: float = TTL_SECONDS, audience: Collection[str] = SERVICES) -> str:
        """A token that speaks for `principal` to the services of `audience` for `ttl_seconds`."""
        self._adopt(self.source.current())
        now = self._clock()
        claims: dict[str, object] = {
            "aud": sorted(audience),
            "iat": int(now),
            "exp": int(now + ttl_seconds),
            "role": Role.Name(principal.role),
        }
        claims |= {claim: value for claim, field in CLAIMS.items() if (value := getattr(principal, field))}
        return sign(claims, self._secrets[0])

    def sign_for_a_call(self, principal: Principal, service: str) -> str:
        """A token that speaks for `principal` to one service for 40 to 60 seconds from now.

        The same one for calls close together.
        """
        self._adopt(self.source.current())
        return self._sign_once(principal, service, int(self._clock() // REUSE_SECONDS))

    def verify(self, token: str, service: str) -> Principal:
        """The principal that a token speaks for to a service. INVALID_TOKEN for any wrong token."""
        self._adopt(self.source.current())
        try:
            principal = self._read_once(token, service)
        except ChatmountError:
            # Another process may have signed with a secret that this one has not seen yet.
            if not self._adopt(self.source.at_once()):
                raise
            principal = self._read_once(token, service)
        if principal.expires_at + CLOCK_SKEW_SECONDS < self._clock():
            raise _invalid_token()
        return principal

    def _adopt(self, secrets: tuple[str, ...]) -> bool:
        """Whether these secrets are new. What was signed or read with others is forgotten."""
        if secrets is self._secrets:
            return False
        self._secrets = secrets
        self._sign_once.cache_clear()
        self._read_once.cache_clear()
        return True

    def _sign_at(self, principal: Principal, service: str, _: int) -> str:
        return self.sign(principal, audience=(service,))

    def _read(self, token: str, service: str) -> Principal:
        claims = read(token, self._secrets, service, ("role",))
        if claims is None or claims["role"] not in Role.keys():  # noqa: SIM118
            raise _invalid_token()
        return Principal(
            role=Role.Value(claims["role"]),
            expires_at=int(claims["exp"]),
            **{field: claims[claim] for claim, field in CLAIMS.items() if claim in claims},
        )


def _invalid_token() -> ChatmountError:
    return refusal(Text.INVALID_TOKEN)
