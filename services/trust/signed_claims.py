"""Signed claims (JWT, HS256): what principal tokens and tickets are made of."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import jwt

ISSUER = "chatmount"
ALGORITHM = "HS256"
MINIMUM_SECRET_LENGTH = 32


class SecretSource(Protocol):
    """Secrets that may be replaced while the process runs; the same tuple as long as none is."""

    def current(self) -> tuple[str, ...]:
        """The secrets in force, as of a moment ago."""
        ...

    def at_once(self) -> tuple[str, ...]:
        """The secrets in force at this moment."""
        ...


class GivenSecrets:
    """Secrets that never change."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """ValueError when one of them is too short, or there is none."""
        if not secrets or any(len(secret) < MINIMUM_SECRET_LENGTH for secret in secrets):
            raise ValueError(f"a signing secret needs at least {MINIMUM_SECRET_LENGTH} characters")
        self._secrets = tuple(secrets)

    def current(self) -> tuple[str, ...]:
        """See SecretSource."""
        return self._secrets

    at_once = current


def sign(claims: Mapping[str, object], secret: str) -> str:
    """The claims as a token, with who made it."""
    return jwt.encode({"iss": ISSUER, **claims}, secret, ALGORITHM)


def read(token: str, secrets: Sequence[str], audience: str, required: Sequence[str] = ()) -> Mapping[str, Any] | None:
    """The claims of a token for `audience` that one of the secrets verifies; None for any other.

    Whether it has ended is left to the caller, who has a clock: PyJWT reads the system's.
    """
    options: Any = {"require": ["aud", "iat", "exp", *required], "verify_exp": False, "verify_iat": False}
    for secret in secrets:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token, secret, [ALGORITHM], options=options, issuer=ISSUER, audience=audience
            )
            return claims
        except jwt.InvalidTokenError:
            continue
    return None
