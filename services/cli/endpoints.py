"""`$CHATMOUNT_HOME/endpoints.json`: where a running stack's parts can be reached."""

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from services.cli.failures import NotRunning
from services.settings import Settings
from services.transport import InternalTls, internal_tls

FILE_NAME = "endpoints.json"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one stack. `http` and `https` are URLs, the others `host:port`; empty when not known.

    Of a service with several replicas, `auth` and so on are the first; all are in `replicas`.
    """

    auth: str
    quota: str
    retrieval: str
    chat: str
    http: str = ""
    https: str = ""
    grpc: str = ""
    envoy_admin: str = ""
    pid: int = 0
    replicas: dict[str, list[str]] = field(default_factory=dict)
    # Where each replica of a service shows its metrics.
    metrics: dict[str, list[str]] = field(default_factory=dict)
    # Whether the services talk TLS only; see services/transport.py.
    internal_tls: bool = False

    def service(self, name: str) -> str:
        """The addresses of one of SERVICES, as services/addresses.py reads them."""
        return ",".join(self.replicas.get(name, ())) or str(getattr(self, name))


def tls_to(endpoints: Endpoints, settings: Settings) -> InternalTls | None:
    """What is needed to talk to the services there. SettingsError when it is not at hand."""
    # Whoever starts a stack with TLS need not say so again with every command.
    return internal_tls(replace(settings, internal_tls=settings.internal_tls or endpoints.internal_tls))


def write_endpoints(home: Path, endpoints: Endpoints) -> None:
    """Replaces the file in one step, so that a reader never sees half of it."""
    file = home / FILE_NAME
    draft = file.with_name(f".{FILE_NAME}.{os.getpid()}")
    draft.write_text(json.dumps(asdict(endpoints), indent=2) + "\n", "utf-8")
    draft.replace(file)


def remove_endpoints(home: Path) -> None:
    """Forgets the addresses of a stack that has ended."""
    (home / FILE_NAME).unlink(missing_ok=True)


def read_endpoints(home: Path) -> Endpoints | None:
    """What the file says; None when there is no file or it can't be understood."""
    try:
        content = json.loads((home / FILE_NAME).read_text("utf-8"))
        known = {name: content[name] for name in Endpoints.__dataclass_fields__ if name in content}
        return Endpoints(**known)
    except (OSError, ValueError, TypeError):
        return None


def find_endpoints(settings: Settings) -> Endpoints:
    """The stack that these settings mean: its addresses from the environment, else from the file of a local stack.

    NotRunning when there is neither.
    """
    local = read_endpoints(settings.home)
    given = (
        settings.auth_address,
        settings.quota_address,
        settings.retrieval_address,
        settings.chat_address,
    )
    if all(given):
        return Endpoints(*given, http=local.http if local else "")
    if local is None or (local.pid and not _is_alive(local.pid)):
        raise NotRunning(f"No Chatmount is running for CHATMOUNT_HOME={settings.home}; start it with `chatmount up`.")
    return local


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
