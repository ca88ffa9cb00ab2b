from pathlib import Path

from services.cli.up.environment import edge_environment, service_environment
from services.cli.up.replicas import Replica
from services.config.settings import Settings, load_settings
from services.trust.principal import SERVICES

ADDRESSES = {name: [f"127.0.0.1:{5000 + number}", f"127.0.0.1:{5100 + number}"] for number, name in enumerate(SERVICES)}
SECOND = {name: Replica(name, f"{name}-2", ADDRESSES[name][1], "127.0.0.1:6000") for name in SERVICES}
INHERITED = {
    "CHATMOUNT_METRICS_LISTEN": "127.0.0.1:1",
    "PATH": "/bin",
    "CHATMOUNT_HOME": "here",
    "CHATMOUNT_LLM_API_KEY": "llm",
    "CHATMOUNT_LLM_FALLBACK_API_KEY": "fallback",
    "CHATMOUNT_EMBEDDINGS_API_KEY": "embeddings",
    "CHATMOUNT_QDRANT_API_KEY": "qdrant",
    "CHATMOUNT_ADMIN_TOKEN": "admin",
    "CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://u:p@h/d",
    "CHATMOUNT_SESSION_DAYS": "7",
    **{
        f"CHATMOUNT_{model}_{part}": value
        for model in ("LLM", "LLM_FALLBACK", "EMBEDDINGS")
        for part, value in (("URL", "https://example.com/v1"), ("MODEL", "m"))
    },
}


def settings(home: Path) -> Settings:
    return load_settings({"CHATMOUNT_HOME": str(home)})


def test_every_service_learns_where_it_listens_and_where_the_others_are(tmp_path: Path) -> None:
    for service in SERVICES:
        told = load_settings(service_environment(SECOND[service], settings(tmp_path), ADDRESSES, INHERITED))
        assert told.listen == ADDRESSES[service][1]
        assert told.metrics_listen == "127.0.0.1:6000"
        for name in SERVICES:
            assert getattr(told, f"{name}_address").split(",") == ADDRESSES[name]
        assert told.home == tmp_path
        assert told.secret_file == tmp_path / "secrets" / "signing.key"
        assert told.session_days == 7


def test_a_service_is_given_no_secret_that_it_has_no_use_for(tmp_path: Path) -> None:
    given = {
        service: set(service_environment(SECOND[service], settings(tmp_path), ADDRESSES, INHERITED).values())
        & {"llm", "fallback", "embeddings", "qdrant", "admin"}
        for service in SERVICES
    }
    assert given == {"auth": set(), "quota": set(), "retrieval": {"embeddings", "qdrant"}, "chat": {"llm", "fallback"}}


def test_envoy_is_given_no_setting() -> None:
    assert edge_environment(INHERITED) == {"PATH": "/bin"}
