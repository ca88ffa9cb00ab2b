from pathlib import Path

from services.cli.processes import PROCESSES
from services.cli.up.environment import edge_environment, process_environment
from services.cli.up.replicas import Replica, Unit
from services.config.settings import Settings, load_settings
from tests.each import for_each

ADDRESSES = {
    name: [f"127.0.0.1:{5000 + number}", f"127.0.0.1:{5100 + number}"] for number, name in enumerate(PROCESSES)
}
SECOND = {name: Replica(name, f"{name}-2", ADDRESSES[name][1], "127.0.0.1:6000") for name in PROCESSES}
INHERITED = {
    "CHATMOUNT_METRICS_LISTEN": "127.0.0.1:1",
    "PATH": "/bin",
    "CHATMOUNT_HOME": "here",
    "CHATMOUNT_LLM_API_KEY": "llm",
    "CHATMOUNT_LLM_FALLBACK_API_KEY": "fallback",
    "CHATMOUNT_EMBEDDINGS_API_KEY": "embeddings",
    "CHATMOUNT_QDRANT_API_KEY": "qdrant",
    "CHATMOUNT_ADMIN_TOKEN": "admin",
    "CHATMOUNT_SECRET_FILE": "secret",
    "CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://u:p@h/d",
    "CHATMOUNT_SESSION_DAYS": "7",
    **{
        f"CHATMOUNT_{model}_{part}": value
        for model in ("LLM", "LLM_FALLBACK", "EMBEDDINGS")
        for part, value in (("URL", "https://example.com/v1"), ("MODEL", "m"))
    },
}


def settings(home: Path) -> Settings:
    return load_settings({"CHATMOUNT_HOME": str(home), "CHATMOUNT_HTTPS_PORT": "9443"})


def environment(process: str, home: Path) -> dict[str, str]:
    return process_environment(Unit(process, (SECOND[process],)), settings(home), ADDRESSES, INHERITED)


@for_each("process", PROCESSES)
def test_every_process_learns_where_it_listens_and_where_the_others_are(process: str, tmp_path: Path) -> None:
    told = load_settings(environment(process, tmp_path))
    assert told.listen == ADDRESSES[process][1]
    assert told.metrics_listen == "127.0.0.1:6000"
    for name in PROCESSES:
        assert getattr(told, f"{name}_address").split(",") == ADDRESSES[name]
    assert told.home == tmp_path
    assert told.session_days == 7
    assert told.https_port == 9443


def test_a_process_is_given_no_secret_that_it_has_no_use_for(tmp_path: Path) -> None:
    secret, database = str(tmp_path / "secrets" / "signing.key"), INHERITED["CHATMOUNT_DATABASE_URL"]
    secrets = {"llm", "fallback", "embeddings", "qdrant", "admin", "secret", secret, database}
    given = {process: set(environment(process, tmp_path).values()) & secrets for process in PROCESSES}
    assert given == {
        "auth": {secret, database},
        "quota": {secret, database},
        "retrieval": {secret, database, "embeddings", "qdrant"},
        "chat": {secret, database, "llm", "fallback"},
        "web": set(),
    }


def test_envoy_is_given_no_setting() -> None:
    assert edge_environment(INHERITED) == {"PATH": "/bin"}
