"""Every documented variable passes through compose.yaml to the containers that need it."""

import re

from services.cli.processes import WEB
from services.config.settings import load_settings
from services.trust.principal import SERVICES
from tests.cli.compose_file import COMPOSE, OURS, environment, put_in
from tests.each import for_each
from tests.pages import rows, text_of

DOCUMENTED = {
    row[0].strip("`") for row in rows(text_of("docs/configuration.md")) if row[0].startswith(("`CHATMOUNT_", "`OTEL_"))
}

# What compose.yaml decides: what runs where, and what they call each other.
DECIDED = {
    f"CHATMOUNT_{name}"
    for name in (
        "HOME",
        "LISTEN",
        "METRICS_LISTEN",
        "TOGETHER",
        *(f"{s}_ADDRESS" for s in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT", "WEB")),
    )
}
# What the host publishes; within its container Envoy's listeners are always the same.
PUBLISHED = {"CHATMOUNT_HTTP_PORT", "CHATMOUNT_HTTPS_PORT", "CHATMOUNT_LISTEN_HOST"}
# The host's files: a container has each under a name of its own.
FILES = {
    *(f"OTEL_EXPORTER_OTLP_{name}" for name in ("CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY")),
    *(
        f"CHATMOUNT_{name}"
        for name in (
            "PLANS_FILE",
            "SECRET_FILE",
            "LLM_TOKENIZER",
            "TLS_CERTIFICATE",
            "TLS_KEY",
            "INTERNAL_CA",
            "INTERNAL_CERTIFICATE",
            "INTERNAL_KEY",
        )
    ),
}
# Who else is told, beside `prepare`, which tries everything. The longest beginning holds; else everybody.
TOLD = {
    "DATABASE_": {"cli", *SERVICES},
    "REDIS_": {"cli", *SERVICES},
    "QDRANT_": {"cli", "retrieval"},
    "EMBEDDINGS_": {"cli", "retrieval"},
    "MULTILINGUAL": {"cli", "retrieval"},
    "LLM_": {"chat"},
    "TLS_": {"envoy"},
    "EDGE_": {"envoy"},
    "OTEL_": set(OURS) - {"cli"},
    **dict.fromkeys(("SECRET_FILE", "PLANS_FILE", "ADMIN_TOKEN"), set(OURS) - {WEB}),
}


def told(variable: str) -> set[str]:
    name = variable.removeprefix("CHATMOUNT_")
    return {"prepare"} | next((who for beginning, who in TOLD.items() if name.startswith(beginning)), set(OURS))


@for_each("variable", sorted(DOCUMENTED - DECIDED - PUBLISHED - FILES))
def test_a_documented_variable_reaches_those_who_need_it_and_nobody_else(variable: str) -> None:
    reached = {service for service in OURS if environment(service, {variable: "given"}).get(variable) == "given"}
    assert reached == told(variable)
    assert {service for service in OURS if variable in environment(service)} == reached


@for_each("variable", sorted(FILES))
def test_a_documented_file_reaches_those_who_need_it_under_the_name_that_they_are_told(variable: str) -> None:
    reached = set()
    for service in OURS:
        path = environment(service, {variable: "given"}).get(variable, "")
        assert not environment(service).get(variable), "unset, it is unset there too"
        files = {
            name: put_in(COMPOSE["secrets"][name]["file"], {variable: "given"})
            for name in COMPOSE["services"][service]["secrets"]
        }
        assert path == next((f"/run/secrets/{name}" for name, file in files.items() if file == "given"), "")
        reached |= {service} if path else set()
    assert reached == told(variable)


def test_a_documented_port_and_address_is_where_envoy_is_published() -> None:
    host = {"CHATMOUNT_LISTEN_HOST": "127.0.0.1", "CHATMOUNT_HTTP_PORT": "81", "CHATMOUNT_HTTPS_PORT": "82"}
    assert set(host) == PUBLISHED

    def published(given: dict[str, str]) -> list[tuple[str, str]]:
        ports = COMPOSE["services"]["envoy"]["ports"]
        return [(put_in(port["host_ip"], given), put_in(port["published"], given)) for port in ports]

    assert published(host) == [("127.0.0.1", "81"), ("127.0.0.1", "82")]
    defaults = load_settings({})
    assert published({}) == [
        (defaults.listen_host, str(defaults.http_port)),
        (defaults.listen_host, str(defaults.https_port)),
    ]


def test_every_variable_of_the_file_is_documented() -> None:
    assert set(re.findall(r"CHATMOUNT_\w+", text_of("compose.yaml"))) <= DOCUMENTED
    for service in OURS:
        assert set(environment(service)) <= DOCUMENTED


@for_each("service", OURS)
def test_the_settings_of_every_container_can_be_used(service: str) -> None:
    settings = load_settings(environment(service))
    if service not in {"envoy", WEB}:
        assert settings.database_url == "postgresql+asyncpg://chatmount:chatmount@postgres:5432/chatmount"
        assert settings.redis_url == "redis://redis:6379/0"
    if service in told("CHATMOUNT_QDRANT_URL"):
        assert (settings.qdrant_url, settings.qdrant_grpc_port) == ("http://qdrant:6333", 6334)
    assert settings.plans_file is None


def test_servers_elsewhere_take_the_place_of_those_of_the_file() -> None:
    elsewhere = {
        "CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://me:$ecret@db.example.com/chat?ssl=require",
        "CHATMOUNT_REDIS_URL": "rediss://:secret@redis.example.com:6380/1",
        "CHATMOUNT_QDRANT_URL": "https://qdrant.example.com",
        "CHATMOUNT_QDRANT_GRPC_PORT": "0",
        "POSTGRES_PASSWORD": "unused",
    }
    settings = load_settings(environment("retrieval", elsewhere))
    assert settings.database_url == elsewhere["CHATMOUNT_DATABASE_URL"]
    assert settings.redis_url == elsewhere["CHATMOUNT_REDIS_URL"]
    assert (settings.qdrant_url, settings.qdrant_grpc_port) == (elsewhere["CHATMOUNT_QDRANT_URL"], 0)
    own = load_settings(environment("auth", {"POSTGRES_PASSWORD": "other"}))
    assert ":other@postgres:" in own.database_url
    assert put_in(COMPOSE["services"]["postgres"]["environment"]["POSTGRES_PASSWORD"], elsewhere) == "unused"
