"""`$CHATMOUNT_HOME/endpoints.json`: where a running stack's parts can be reached."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

from services.cli.failures import CommandFailed, NotRunning
from services.cli.processes import PROCESSES
from services.config.addresses import grpc_target
from services.config.settings import Settings
from services.trust.principal import SERVICES
from services.trust.transport import InternalTls, internal_tls

FILE_NAME = "endpoints.json"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses of one stack; `http`, `https` and `dashboard` are URLs. Empty when not known.

    Of a service with several replicas, `auth` and so on are the first; all are in `replicas`.
    """

    auth: str
    quota: str
    retrieval: str
    chat: str
    web: str = ""
    http: str = ""
    https: str = ""
    grpc: str = ""
    # Where people see the dashboard.
    dashboard: str = ""
    envoy_admin: str = ""
    pid: int = 0
    replicas: dict[str, list[str]] = field(default_factory=dict)
    # Where each replica of a service shows its metrics.
    metrics: dict[str, list[str]] = field(default_factory=dict)
    # Whether the services talk TLS only; see services/trust/transport.py.
    internal_tls: bool = False

    def service(self, name: str) -> str:
        """The addresses of one of PROCESSES, as services/config/addresses.py reads them."""
        return ",".join(self.replicas.get(name, ())) or str(getattr(self, name))


def tls_to(endpoints: Endpoints, settings: Settings) -> InternalTls | None:
    """What is needed to talk to the services there. SettingsError when it is not at hand."""
    # A stack that was started with TLS says so in its file: commands need no setting for it.
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
    """What the file says; None when there is none. CommandFailed when it can't be understood."""
    file = home / FILE_NAME
    try:
        return _understood(json.loads(file.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CommandFailed(f"{file} can't be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, _Misunderstood) else "it is not JSON"
        raise CommandFailed(
            f"{file} is damaged ({why}): stop Chatmount and start it again with `chatmount up`, which writes the file."
        ) from error


class _Misunderstood(ValueError):
    pass


def _understood(content: object) -> Endpoints:
    """_Misunderstood when it does not fit. Fields of newer versions are ignored."""
    if not isinstance(content, dict):
        raise _Misunderstood("it holds no object")
    known = {each.name: content[each.name] for each in fields(Endpoints) if each.name in content}
    for name in SERVICES:
        if name not in known:
            raise _Misunderstood(f"{name} is missing")
    for name, value in known.items():
        if not _fits(name, value):
            raise _Misunderstood(f"{name} can't be {json.dumps(value)[:60]}")
    return Endpoints(**known)


def _fits(name: str, value: object) -> bool:
    if name in ("replicas", "metrics"):
        return isinstance(value, dict) and all(
            isinstance(addresses, list) and all(map(_are_addresses, addresses)) for addresses in value.values()
        )
    if name == "pid":
        return type(value) is int and 0 <= value < 2**31
    if name == "internal_tls":
        return isinstance(value, bool)
    if name in ("http", "https"):
        return isinstance(value, str) and (not value or _is_url(value))
    return isinstance(value, str) and (name not in PROCESSES or _are_addresses(value))


def _are_addresses(value: object) -> bool:
    try:
        return isinstance(value, str) and grpc_target(value) is not None
    except ValueError:
        return False


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.hostname and parts.port)
    except ValueError:
        return False


def find_endpoints(settings: Settings) -> Endpoints:
    """The stack's addresses: from the environment, else from the file of a local stack.

    NotRunning when there is neither, CommandFailed when the file can't be understood.
    """
    given = (
        settings.auth_address,
        settings.quota_address,
        settings.retrieval_address,
        settings.chat_address,
    )
    web = settings.web_address if settings.dashboard else ""
    if all(given):
        with suppress(CommandFailed):
            local = read_endpoints(settings.home)
            return Endpoints(*given, web, http=local.http if local else "")
        return Endpoints(*given, web)
    local = read_endpoints(settings.home)
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
