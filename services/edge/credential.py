"""The credentials of Envoy and web: for each a token in a file, read when it is replaced.

Envoy can neither sign a token nor read a secret that was replaced, and must not be restarted for either. Web, which
people's browsers talk to, is not to have the secret.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.clock import Clock, system_clock
from services.config.settings import Settings
from services.errors import ChatmountError
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from services.trust.private_files import replace_privately
from services.trust.secret_file import LOOK_SECONDS
from services.trust.signed_claims import SecretSource

logger = logging.getLogger("chatmount.edge")

FILE_NAME = "edge-token.json"
SECRET_NAME = "edge_token"  # noqa: S105 - the name under which envoy.yaml asks for it

# It is renewed when half of it is over, so what keeps this process from it may last for half a day.
LIFETIME_SECONDS = 24 * 3600


def write_edge_token(token: str, file: Path) -> None:
    """Put `token` where Envoy looks for it, in Envoy's own form."""
    secret = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        "name": SECRET_NAME,
        "generic_secret": {"secret": {"inline_string": f"Bearer {token}"}},
    }
    replace_privately(file, json.dumps({"resources": [secret]}))


def read_edge_token(file: Path) -> str:
    """The token that `write_edge_token` has put there.

    OSError, ValueError, KeyError or TypeError when there is none.
    """
    (resource,) = json.loads(file.read_text("utf-8"))["resources"]
    return str(resource["generic_secret"]["secret"]["inline_string"]).removeprefix("Bearer ")


def write_web_token(token: str, file: Path) -> None:
    """Put `token` where web looks for it."""
    file.parent.mkdir(exist_ok=True, mode=0o700)
    replace_privately(file, token)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token: what it may do with it, and how the token is written."""

    name: str
    role: Role.ValueType
    audience: tuple[str, ...]
    write: Callable[[str, Path], None]


# It asks Auth for checks and Quota for limits.
ENVOY = Holder("Envoy", Role.ROLE_EDGE, ("auth", "quota"), write_edge_token)
# It signs people in.
WEB = Holder("web", Role.ROLE_WEB, ("auth",), write_web_token)


class Credential:
    """The token in `file`: signed with the secret that signs now, and far from its end."""

    def __init__(self, holder: Holder, secrets: SecretSource, file: Path, clock: Clock = system_clock) -> None:
        self._holder = holder
        self._secrets = secrets
        self._signer = TokenSigner(secrets, clock)
        self._file = file
        self._clock = clock
        self._signed_with = ""
        self._renew_at = 0.0

    def renew(self) -> None:
        """Write a token if none was written or a newer one is due. OSError when that fails."""
        secret, now = self._secrets.current()[0], self._clock()
        if secret == self._signed_with and now < self._renew_at:
            return
        token = self._signer.sign(Principal(role=self._holder.role), LIFETIME_SECONDS, self._holder.audience)
        self._holder.write(token, self._file)
        self._signed_with, self._renew_at = secret, now + LIFETIME_SECONDS / 2

    async def keep(self) -> None:
        """Renew it until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self.renew()
            except OSError as error:
                # Full disks become empty again, and the token at hand has hours to live.
                logger.error("the token of %s can't be renewed: %s", self._holder.name, error.strerror)


def renewed_credentials(settings: Settings, secrets: SecretSource, edge_file: Path) -> list[Credential]:
    """Envoy's, and web's where there is a dashboard, with their tokens. OSError when that fails."""
    credentials = [Credential(ENVOY, secrets, edge_file)]
    if settings.dashboard:
        credentials.append(Credential(WEB, secrets, settings.web_token_file))
    else:
        # Nobody renews it: a secret that is replaced must not wait for it.
        settings.web_token_file.unlink(missing_ok=True)
    for credential in credentials:
        credential.renew()
    return credentials


def tokens_follow(settings: Settings, secret: str) -> bool:
    """Whether every token that is kept under the home was signed with `secret`."""
    verifier = TokenSigner([secret])
    try:
        tokens = [read_edge_token(file) for file in settings.home.glob(f"*/{FILE_NAME}")]
        if settings.web_token_file.exists():
            tokens.append(settings.web_token_file.read_text("ascii"))
        for token in tokens:
            verifier.verify(token, "auth")
    except (OSError, ValueError, KeyError, TypeError, ChatmountError):
        return False
    return True
