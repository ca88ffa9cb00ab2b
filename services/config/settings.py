"""The settings of all processes: read from the environment once, checked before the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from services.config.fields import hidden, read_fields, setting
from services.config.model_settings import ModelEndpoint, ModelSettings, read_endpoint, read_model_settings
from services.config.traces import TraceSettings, read_traces
from services.config.variables import Network, Variables
from services.config.variables import SettingsError as SettingsError
from services.config.wiring import Groups, read_groups

DRAIN_SECONDS = 10
"""How long a process that is told to stop lets calls in flight finish, unless told otherwise."""

LEAVE_SECONDS = 2.0
"""How long a replica that is told to stop goes on serving after it has said so.

Envoy asks every second (envoy.yaml), other services hear it at once. A client that has heard it calls another replica,
so no call is refused.
"""

WEB_FOLDER = "web"
"""Under the home: what web is given, and all of the home that its container sees."""


def _home(variables: Variables, name: str) -> Path:
    return Path(variables.text(name, "./.chatmount")).expanduser().resolve()


def _secret_file(variables: Variables, name: str) -> Path:
    return Path(variables.text(name, str(_home(variables, "HOME") / "secrets" / "signing.key")))


def _database_url(variables: Variables, name: str) -> str:
    url = variables.text(name)
    if url and not url.startswith("postgresql+asyncpg://"):
        raise SettingsError(
            f"CHATMOUNT_{name} must begin with postgresql+asyncpg:// (unset: SQLite under CHATMOUNT_HOME)."
        )
    return url


def _dashboard_url(variables: Variables, name: str) -> str:
    url = variables.url(name, "http", "https")
    parts = urlsplit(url)
    if url and (parts.path.strip("/") not in {"", "dashboard"} or parts.query or parts.fragment or parts.username):
        raise SettingsError(
            f"CHATMOUNT_{name} must be a host and /dashboard/, such as https://chat.example.com/dashboard/."
        )
    if parts.scheme == "http" and parts.hostname != "localhost":
        raise SettingsError(f"CHATMOUNT_{name} must begin with https://: over http, browsers keep nobody signed in.")
    return f"{parts.scheme}://{parts.netloc}/dashboard/" if url else ""


def _quantization(variables: Variables, name: str) -> str:
    return variables.choice(name, "NONE", "NONE", "SCALAR").lower()


@dataclass(frozen=True, slots=True)
class Settings:
    """See docs/configuration.md: a field's variable is its name after `CHATMOUNT_`.

    `traces`: see traces.py.
    """

    home: Path = setting(_home)
    http_port: int = setting(Variables.number, 8080, 0, 65535)
    https_port: int = setting(Variables.number, 8443, 0, 65535)
    listen_host: str = setting(Variables.text, "0.0.0.0")  # noqa: S104 - the public listeners are public
    edge_workers: int = setting(Variables.number, 0, 0, 256)
    dashboard: bool = setting(Variables.switch, "ON")
    dashboard_url: str = setting(_dashboard_url)
    plans_file: Path | None = setting(Variables.file)
    database_url: str = hidden(_database_url)
    database_timeout_ms: int = setting(Variables.number, 700, 50, 60_000)
    database_connections: int = setting(Variables.number, 10, 2, 1000)
    redis_url: str = hidden(Variables.url, "redis", "rediss", "unix")
    redis_timeout_ms: int = setting(Variables.number, 50, 1, 10_000)
    qdrant_url: str = setting(Variables.url, "http", "https")
    qdrant_api_key: str = hidden(Variables.secret)
    qdrant_grpc_port: int = setting(Variables.number, 0, 0, 65535)
    qdrant_timeout_ms: int = setting(Variables.number, 700, 10, 60_000)
    qdrant_quantization: str = setting(_quantization)
    llm: ModelSettings = setting(read_model_settings)
    embeddings: ModelEndpoint = setting(read_endpoint)
    embeddings_query_prefix: str = setting(Variables.prefix, "EMBEDDINGS_URL")
    embeddings_passage_prefix: str = setting(Variables.prefix, "EMBEDDINGS_URL")
    multilingual: bool = setting(Variables.switch, "ON")
    together: Groups | None = setting(read_groups)
    # Where this process listens, and where it finds the others.
    listen: str = setting(Variables.text, "127.0.0.1:0")
    metrics_listen: str = setting(Variables.address)
    auth_address: str = setting(Variables.addresses)
    quota_address: str = setting(Variables.addresses)
    retrieval_address: str = setting(Variables.addresses)
    chat_address: str = setting(Variables.addresses)
    web_address: str = setting(Variables.addresses)
    # Trust
    secret_file: Path = setting(_secret_file)
    admin_token: str = hidden(Variables.text)
    operator: str = setting(Variables.name)
    trusted_proxies: int = setting(Variables.number, 0, 0, 10)
    failed_attempts_per_minute: int = setting(Variables.number, 60, 1, 1_000_000)
    tls_certificate: Path | None = setting(Variables.file)
    tls_key: Path | None = setting(Variables.file)
    internal_tls: bool = setting(Variables.switch, "OFF")
    internal_ca: Path | None = setting(Variables.file)
    internal_certificate: Path | None = setting(Variables.file)
    internal_key: Path | None = setting(Variables.file)
    # Behaviour
    session_days: int = setting(Variables.number, 30, 1, 3650)
    idempotency_hours: int = setting(Variables.number, 24, 1, 24 * 30)
    questions_at_once: int = setting(Variables.number, 128, 4, 100_000)
    reservation_seconds: int = setting(Variables.number, 30, 1, 3600)
    maximum_source_bytes: int = setting(Variables.number, 10 * 1024 * 1024, 1024, 1024 * 1024 * 1024)
    drain_seconds: int = setting(Variables.number, DRAIN_SECONDS, 0, 3600)
    crawl_networks: tuple[Network, ...] = setting(Variables.networks)
    log_level: str = setting(Variables.choice, "INFO", "DEBUG", "INFO", "WARNING", "ERROR")
    traces: TraceSettings | None = setting(read_traces)

    def __post_init__(self) -> None:
        """SettingsError for settings of which each is right and which don't go together."""
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingsError("CHATMOUNT_TLS_CERTIFICATE and CHATMOUNT_TLS_KEY must be set together.")
        internal = (self.internal_ca, self.internal_certificate, self.internal_key)
        if any(internal) and not all(internal):
            raise SettingsError(
                "CHATMOUNT_INTERNAL_CA, CHATMOUNT_INTERNAL_CERTIFICATE and CHATMOUNT_INTERNAL_KEY must be set together."
            )
        if any(internal) and not self.internal_tls:
            raise SettingsError(
                "CHATMOUNT_INTERNAL_CA has no effect while CHATMOUNT_INTERNAL_TLS is off: set it to on."
            )

    @property
    def makes_internal_certificates(self) -> bool:
        """Whether the installation has to have internal certificates of its own making."""
        return self.internal_tls and self.internal_ca is None

    @property
    def is_on_sqlite(self) -> bool:
        """Whether the tables are in files under home."""
        return not self.database_url

    @property
    def web_token_file(self) -> Path:
        """Where the token of web is, which is renewed for it."""
        return self.home / WEB_FOLDER / "token"

    def sqlite_file(self, service: str) -> Path:
        """Where a service's tables are when they are in SQLite."""
        return self.home / f"{service}.db"

    def service_database_url(self, service: str) -> str:
        """SQLAlchemy URL of one service's database: a file under home, or the configured Postgres."""
        return self.database_url or f"sqlite+aiosqlite:///{self.sqlite_file(service)}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of an environment, by default the process's own.

    SettingsError, in one line, for a value that can't be used.
    """
    return read_fields(Settings, Variables(os.environ if environment is None else environment))


def not_listened_on(address: str, error: OSError) -> SettingsError:
    """The refusal of an address for metrics."""
    return SettingsError(f"CHATMOUNT_METRICS_LISTEN={address} can't be listened on ({error.strerror}).")


def unset_empty_variables() -> None:
    """Takes OpenTelemetry's variables without a value out of the environment.

    For them that is the same as not set, but the SDK would try to read a number.
    """
    for name in [name for name, value in os.environ.items() if name.startswith("OTEL_") and not value.strip()]:
        del os.environ[name]
