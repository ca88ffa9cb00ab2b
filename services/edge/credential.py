"""The credential by which Auth and Quota know the edge: a token in a file that a running Envoy watches.

Envoy can neither sign a token nor read a secret that was replaced, and must not be restarted for either.
"""

import asyncio
import json
import logging
from pathlib import Path

from services.clock import Clock, system_clock
from services.errors import ChatmountError
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import SecretSource, TokenSigner
from services.trust.private_files import replace_privately
from services.trust.secret_file import LOOK_SECONDS

logger = logging.getLogger("chatmount.edge")

FILE_NAME = "edge-token.json"
SECRET_NAME = "edge_token"  # noqa: S105 - the name under which envoy.yaml asks for it

# It is renewed when half of it is over, so whatever keeps this process from it may last for half a day.
LIFETIME_SECONDS = 24 * 3600

# Whom Envoy asks.
AUDIENCE = ("auth", "quota")


def sign_edge_token(signer: TokenSigner) -> str:
    """A token that may ask Auth for checks and Quota for limits, and nothing else."""
    return signer.sign(Principal(role=Role.ROLE_EDGE), LIFETIME_SECONDS, AUDIENCE)


def write_edge_token(token: str, file: Path) -> None:
    """Puts `token` where Envoy looks for it, in one step: Envoy reads the file when it is replaced."""
    secret = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        "name": SECRET_NAME,
        "generic_secret": {"secret": {"inline_string": f"Bearer {token}"}},
    }
    replace_privately(file, json.dumps({"resources": [secret]}))


def token_follows(home: Path, secret: str) -> bool:
    """Whether every Envoy that keeps its token under `home` has one that `secret` has signed."""
    verifier = TokenSigner([secret])
    for file in home.glob(f"*/{FILE_NAME}"):
        try:
            (resource,) = json.loads(file.read_text("utf-8"))["resources"]
            verifier.verify(resource["generic_secret"]["secret"]["inline_string"].removeprefix("Bearer "), AUDIENCE[0])
        except (OSError, ValueError, KeyError, TypeError, ChatmountError):
            return False
    return True


class EdgeCredential:
    """Keeps the token in `file` signed with the secret that signs now, and far from its end."""

    def __init__(self, secrets: SecretSource, file: Path, clock: Clock = system_clock) -> None:
        self._secrets = secrets
        self._signer = TokenSigner(secrets, clock)
        self._file = file
        self._clock = clock
        self._signed_with = ""
        self._renew_at = 0.0

    def renew(self) -> None:
        """Writes a token, when there is none yet or a newer one is due. OSError when it can't be written."""
        secret, now = self._secrets.current()[0], self._clock()
        if secret == self._signed_with and now < self._renew_at:
            return
        write_edge_token(sign_edge_token(self._signer), self._file)
        self._signed_with, self._renew_at = secret, now + LIFETIME_SECONDS / 2

    async def keep(self) -> None:
        """Renews it for as long as Envoy runs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self.renew()
            except OSError as error:
                # Full disks become empty again, and the token at hand has weeks to live.
                logger.error("Envoy's token can't be renewed: %s", error.strerror)
