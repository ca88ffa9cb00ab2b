"""All settings of all processes, read from the environment in one place, once, and checked before anything starts."""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from services.config.addresses import grpc_target
from services.config.model_settings import ModelEndpoint as ModelEndpoint
from services.config.model_settings import ModelSettings, read_model_settings

MAXIMUM_NAME_LENGTH = 200
MAXIMUM_PREFIX_LENGTH = 500

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """A setting that can't be used; the text is one line that names the variable and says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """See docs/configuration.md; each field is the variable of the same name with `CHATMOUNT_` before it."""

    home: Path
    http_port: int
    https_port: int
    listen_host: str
    edge_workers: int
    plans_file: Path | None
    database_url: str = field(repr=False)
    database_timeout_ms: int
    database_connections: int
    redis_url: str = field(repr=False)
    redis_timeout_ms: int
    qdrant_url: str
    qdrant_api_key: str = field(repr=False)
    qdrant_grpc_port: int
    qdrant_timeout_ms: int
    qdrant_quantization: str
    llm: ModelSettings
    embeddings: ModelEndpoint
    embeddings_query_prefix: str
    embeddings_passage_prefix: str
    # Where this process listens, and where it finds the others.
    listen: str
    metrics_listen: str
    auth_address: str
    quota_address: str
    retrieval_address: str
    chat_address: str
    # Trust
    secret_file: Path
    admin_token: str = field(repr=False)
    operator: str
    trusted_proxies: int
    failed_attempts_per_minute: int
    tls_certificate: Path | None
    tls_key: Path | None
    internal_tls: bool
    internal_ca: Path | None
    internal_certificate: Path | None
    internal_key: Path | None
    # Behaviour
    session_days: int
    idempotency_hours: int
    reservation_seconds: int
    maximum_source_bytes: int
    crawl_networks: tuple[Network, ...]
    log_level: str

    @property
    def makes_internal_certificates(self) -> bool:
        """Whether the installation has to have internal certificates of its own making."""
        return self.internal_tls and self.internal_ca is None

    @property
    def is_on_sqlite(self) -> bool:
        """Whether the tables are in files under home."""
        return not self.database_url

    def sqlite_file(self, service: str) -> Path:
        """Where a service's tables are when they are in SQLite."""
        return self.home / f"{service}.db"

    def service_database_url(self, service: str) -> str:
        """SQLAlchemy URL of one service's database: a file under home, or the configured Postgres."""
        return self.database_url or f"sqlite+aiosqlite:///{self.sqlite_file(service)}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the environment. SettingsError, in one line, for a value that can't be used."""
    read = _Reader(os.environ if environment is None else environment)
    home = Path(read.text("HOME", "./.chatmount")).expanduser().resolve()
    database_url = read.text("DATABASE_URL")
    if database_url and not database_url.startswith("postgresql+asyncpg://"):
        raise SettingsError(
            "CHATMOUNT_DATABASE_URL must begin with postgresql+asyncpg:// (unset: SQLite under CHATMOUNT_HOME)."
        )
    certificate, key = read.file("TLS_CERTIFICATE"), read.file("TLS_KEY")
    if (certificate is None) != (key is None):
        raise SettingsError("CHATMOUNT_TLS_CERTIFICATE and CHATMOUNT_TLS_KEY must be set together.")
    internal_tls = read.choice("INTERNAL_TLS", "OFF", ("ON", "OFF")) == "ON"
    internal = [read.file(name) for name in ("INTERNAL_CA", "INTERNAL_CERTIFICATE", "INTERNAL_KEY")]
    if any(internal) and not all(internal):
        raise SettingsError(
            "CHATMOUNT_INTERNAL_CA, CHATMOUNT_INTERNAL_CERTIFICATE and CHATMOUNT_INTERNAL_KEY must be set together."
        )
    if any(internal) and not internal_tls:
        raise SettingsError("CHATMOUNT_INTERNAL_CA has no effect while CHATMOUNT_INTERNAL_TLS is off: set it to on.")
    llm = read.endpoint("LLM_URL", "LLM_MODEL", "LLM_API_KEY")
    if read.text("LLM_FALLBACK_URL") and not llm.url:
        raise SettingsError("CHATMOUNT_LLM_FALLBACK_URL has no effect without CHATMOUNT_LLM_URL: set that.")
    return Settings(
        home=home,
        http_port=read.number("HTTP_PORT", 8080, 0, 65535),
        https_port=read.number("HTTPS_PORT", 8443, 0, 65535),
        listen_host=read.text("LISTEN_HOST", "0.0.0.0"),  # noqa: S104 - the public listeners are public
        edge_workers=read.number("EDGE_WORKERS", 0, 0, 256),
        plans_file=read.file("PLANS_FILE"),
        database_url=database_url,
        database_timeout_ms=read.number("DATABASE_TIMEOUT_MS", 700, 50, 60_000),
        database_connections=read.number("DATABASE_CONNECTIONS", 10, 2, 1000),
        redis_url=read.url("REDIS_URL", ("redis", "rediss", "unix")),
        redis_timeout_ms=read.number("REDIS_TIMEOUT_MS", 50, 1, 10_000),
        qdrant_url=read.url("QDRANT_URL", ("http", "https")),
        qdrant_api_key=read.secret("QDRANT_API_KEY"),
        qdrant_grpc_port=read.number("QDRANT_GRPC_PORT", 0, 0, 65535),
        qdrant_timeout_ms=read.number("QDRANT_TIMEOUT_MS", 700, 10, 60_000),
        qdrant_quantization=read.choice("QDRANT_QUANTIZATION", "NONE", ("NONE", "SCALAR")).lower(),
        llm=read_model_settings(read, llm),
        embeddings=read.endpoint("EMBEDDINGS_URL", "EMBEDDINGS_MODEL", "EMBEDDINGS_API_KEY"),
        embeddings_query_prefix=read.prefix("EMBEDDINGS_QUERY_PREFIX", "EMBEDDINGS_URL"),
        embeddings_passage_prefix=read.prefix("EMBEDDINGS_PASSAGE_PREFIX", "EMBEDDINGS_URL"),
        listen=read.text("LISTEN", "127.0.0.1:0"),
        metrics_listen=read.address("METRICS_LISTEN"),
        auth_address=read.addresses("AUTH_ADDRESS"),
        quota_address=read.addresses("QUOTA_ADDRESS"),
        retrieval_address=read.addresses("RETRIEVAL_ADDRESS"),
        chat_address=read.addresses("CHAT_ADDRESS"),
        secret_file=Path(read.text("SECRET_FILE", str(home / "secrets" / "signing.key"))),
        admin_token=read.text("ADMIN_TOKEN"),
        operator=read.name("OPERATOR"),
        trusted_proxies=read.number("TRUSTED_PROXIES", 0, 0, 10),
        failed_attempts_per_minute=read.number("FAILED_ATTEMPTS_PER_MINUTE", 60, 1, 1_000_000),
        tls_certificate=certificate,
        tls_key=key,
        internal_tls=internal_tls,
        internal_ca=internal[0],
        internal_certificate=internal[1],
        internal_key=internal[2],
        session_days=read.number("SESSION_DAYS", 30, 1, 3650),
        idempotency_hours=read.number("IDEMPOTENCY_HOURS", 24, 1, 24 * 30),
        reservation_seconds=read.number("RESERVATION_SECONDS", 30, 1, 3600),
        crawl_networks=read.networks("CRAWL_NETWORKS"),
        maximum_source_bytes=read.number("MAXIMUM_SOURCE_BYTES", 10 * 1024 * 1024, 1024, 1024 * 1024 * 1024),
        log_level=read.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str = "") -> str:
        return self._environment.get(f"CHATMOUNT_{name}", "").strip() or default

    def name(self, name: str) -> str:
        text = self.text(name)
        if len(text) > MAXIMUM_NAME_LENGTH or not text.isprintable():
            raise SettingsError(f"CHATMOUNT_{name} must be a name of at most {MAXIMUM_NAME_LENGTH} plain characters.")
        return text

    def number(self, name: str, default: int, minimum: int, maximum: int) -> int:
        text = self.text(name, str(default))
        if not re.fullmatch(r"[0-9]{1,20}", text) or not minimum <= int(text) <= maximum:
            raise SettingsError(f"CHATMOUNT_{name} must be a whole number from {minimum} to {maximum}, not {text!r}.")
        return int(text)

    def decimal(self, name: str, minimum: float, maximum: float) -> float | None:
        """None when the variable is not set."""
        text = self.text(name)
        if not text:
            return None
        if not re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII) or not minimum <= float(text) <= maximum:
            raise SettingsError(f"CHATMOUNT_{name} must be a number from {minimum:g} to {maximum:g}, not {text!r}.")
        return float(text)

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self.text(name, default).upper()
        if text not in allowed:
            raise SettingsError(f"CHATMOUNT_{name} must be one of {', '.join(allowed)}, not {text!r}.")
        return text

    def networks(self, name: str) -> tuple[Network, ...]:
        try:
            return tuple(ipaddress.ip_network(part.strip()) for part in self.text(name).split(",") if part.strip())
        except ValueError as error:
            raise SettingsError(
                f"CHATMOUNT_{name} must be networks such as 10.0.0.0/8, with commas between them ({error})."
            ) from error

    def file(self, name: str) -> Path | None:
        text = self.text(name)
        if not text:
            return None
        path = Path(text).expanduser().resolve()
        try:
            if path.is_file():
                return path
        except OSError as error:
            # Of a folder that this user may not look into.
            raise SettingsError(
                f"CHATMOUNT_{name} names a file that can't be read ({error.strerror}): {text}"
            ) from error
        raise SettingsError(f"CHATMOUNT_{name} names a file that does not exist: {text}")

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        text = self.text(name)
        # The value may hold a password: it is not repeated.
        if text and text.partition("://")[0].lower() not in schemes:
            allowed = ", ".join(f"{scheme}://" for scheme in schemes)
            raise SettingsError(f"CHATMOUNT_{name} must be a URL that begins with {allowed}.")
        try:
            parts = urlsplit(text)
            is_somewhere = bool(parts.path if parts.scheme == "unix" else parts.hostname) and parts.port != 0
        except ValueError:
            is_somewhere = False
        if text and not is_somewhere:
            raise SettingsError(f"CHATMOUNT_{name} must be a URL that names a host, and no port or a right one.")
        return text

    def secret(self, name: str) -> str:
        text = self.text(name)
        if text and not re.fullmatch(r"[!-~]+", text):
            raise SettingsError(f"CHATMOUNT_{name} must consist of visible ASCII characters.")
        return text

    def prefix(self, name: str, url: str) -> str:
        text = self.text(name)
        if len(text) > MAXIMUM_PREFIX_LENGTH or not text.isprintable():
            raise SettingsError(
                f"CHATMOUNT_{name} must be at most {MAXIMUM_PREFIX_LENGTH} characters on one line (\\n: a line break)."
            )
        if text and not self.text(url):
            raise SettingsError(f"CHATMOUNT_{name} has no effect without CHATMOUNT_{url}: set that.")
        # Not every file of variables can hold a line break.
        return text.replace(r"\n", "\n")

    def address(self, name: str) -> str:
        text = self.text(name)
        host, _, port = text.rpartition(":")
        if text and not (host and re.fullmatch(r"[0-9]{1,5}", port) and 0 < int(port) < 65536):
            raise SettingsError(f"CHATMOUNT_{name} must be host:port, not {text!r}.")
        return text

    def addresses(self, name: str) -> str:
        text = self.text(name)
        try:
            grpc_target(text)
        except ValueError as error:
            raise SettingsError(
                f"CHATMOUNT_{name} must be host:port, or IP addresses with ports and commas between them: {error}."
            ) from error
        return text

    def endpoint(self, url: str, model: str, api_key: str) -> ModelEndpoint:
        endpoint = ModelEndpoint(self.url(url, ("http", "https")), self.text(model), self.secret(api_key))
        if endpoint.url and not endpoint.model:
            raise SettingsError(f"CHATMOUNT_{model} must name the model to use when CHATMOUNT_{url} is set.")
        unused = next((name for name in (model, api_key) if self.text(name)), "")
        if unused and not endpoint.url:
            raise SettingsError(f"CHATMOUNT_{unused} has no effect without CHATMOUNT_{url}: set that.")
        return endpoint
