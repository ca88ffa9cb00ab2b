import asyncio
import os
import re
from contextlib import nullcontext
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.cli.up.preflight import check, prepare_home
from services.config.settings import Settings, SettingsError, load_settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.edge.certificate import ensure_development_certificate
from tests.each import for_each
from tests.redis_server import RedisServer


def settings(home: Path, **variables: object) -> Settings:
    named = {f"CHATMOUNT_{name}": str(value) for name, value in variables.items()}
    return load_settings({"CHATMOUNT_HOME": str(home), **named})


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"^CHATMOUNT_HOME=.* can't be made: Not a directory\.$"):
        prepare_home(settings(tmp_path / "file" / "home"))


def test_a_new_home_is_private(tmp_path: Path) -> None:
    new = settings(tmp_path / "a" / "home")
    prepare_home(new)
    prepare_home(new)
    assert os.stat(new.home).st_mode & 0o777 == 0o700


@for_each(
    ("variables", "complaint"),
    [
        (
            {"DATABASE_URL": "postgresql+asyncpg://user:hunter2@127.0.0.1:1/none"},
            r"^CHATMOUNT_DATABASE_URL: the database can't be used \(.*\)\.$",
        ),
        (
            {"REDIS_URL": "redis://:hunter2@127.0.0.1:1"},
            r"^CHATMOUNT_REDIS_URL: the Redis server can't be used \(.*\)\.$",
        ),
        ({"QDRANT_URL": "http://127.0.0.1:1"}, r"^CHATMOUNT_QDRANT_URL: no Qdrant server answers there\.$"),
        ({"HTTP_PORT": 8080, "HTTPS_PORT": 8080}, "must be two different ports"),
    ],
)
async def test_what_does_not_answer_is_named_without_its_password(
    tmp_path: Path, variables: dict[str, object], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint) as caught:
        await check(settings(tmp_path, **variables))
    assert "hunter2" not in str(caught.value)


async def test_a_database_that_answers_is_accepted(tmp_path: Path, postgres_url: str) -> None:
    await check(settings(tmp_path, DATABASE_URL=postgres_url))
    head, _, tail = postgres_url.partition("?")
    url = head.rpartition("/")[0] + "/nowhere" + (f"?{tail}" if tail else "")
    with pytest.raises(SettingsError, match='database "nowhere" does not exist'):
        await check(settings(tmp_path, DATABASE_URL=url))


async def no_postgres(home: Path, reads_first: bool, answer: bytes, hangs_up: bool, query: str) -> None:
    """What is said where something listens that reads, answers and hangs up in this way."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reads_first:
            await reader.read(8)
        writer.write(answer)
        if not hangs_up:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql+asyncpg://user:hunter2@127.0.0.1:{port}/chatmount{query}"
    given = settings(home, DATABASE_URL=url, DATABASE_TIMEOUT_MS=500)
    place = f"what listens at 127.0.0.1:{port} does not answer as a Postgres server does"
    with pytest.raises(SettingsError) as caught:
        await check(given)
    assert re.fullmatch(rf"CHATMOUNT_DATABASE_URL: {place} \(.+\): check the host and the port\.", str(caught.value))
    assert "hunter2" not in str(caught.value)
    database = open_database(given, "quota")
    with pytest.raises(SettingsError, match=rf"^quota: {place} \(.+\): check the host and the port\.$"):
        await migrate_patiently(database, 0.1)
    await database.close()
    server.close()


async def test_what_is_no_postgres_is_told_with_what_to_do(tmp_path: Path) -> None:
    ways = {
        "HTTP": (True, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", True),
        "garbage": (True, bytes(range(256)) * 40, False),
        "SSH": (False, b"SSH-2.0-OpenSSH_9.6\r\n", False),
        "silence": (False, b"", False),
        "nothing": (False, b"", True),
    }
    # All at once: some of them are waited for.
    async with asyncio.TaskGroup() as group:
        for name, way in ways.items():
            for query in ("", "?ssl=disable"):
                group.create_task(no_postgres(tmp_path, *way, query), name=name + query)


async def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    await check(settings(tmp_path))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "chat.db").write_bytes(b"This is no database.\n" * 1000)
    with pytest.raises(SettingsError, match=r"chat\.db is damaged \(file is not a database\): stop Chatmount, "):
        await check(settings(tmp_path))


async def test_a_redis_that_answers_is_accepted_and_its_password_is_tried(tmp_path: Path) -> None:
    with RedisServer("hunter2") as redis:
        await check(settings(tmp_path, REDIS_URL=redis.url))
        with pytest.raises(SettingsError, match=r"^CHATMOUNT_REDIS_URL: the Redis server can't be used \(.*\)\.$"):
            await check(settings(tmp_path, REDIS_URL=redis.url.replace(":hunter2@", "")))


TOO_OLD = "CHATMOUNT_QDRANT_URL: Chatmount needs Qdrant 1.19 or newer, and the server there"


@for_each(
    ("status", "about", "complaint"),
    [
        (200, '{"version": "1.19.1"}', None),
        (401, "{}", "CHATMOUNT_QDRANT_API_KEY is not accepted by the Qdrant server."),
        (404, "{}", "CHATMOUNT_QDRANT_URL: what answers there is no Qdrant server (status 404)."),
        (200, '{"version": "1.18.3"}', f"{TOO_OLD} is version 1.18.3."),
        (200, "[]", f"{TOO_OLD} tells no version that can be read ('')."),
        (200, "<html>", f"{TOO_OLD} tells no version that can be read ('')."),
    ],
)
async def test_a_qdrant_server_is_asked_before_anything_starts(
    tmp_path: Path, status: int, about: str, complaint: str | None
) -> None:
    async def collections(request: web.Request) -> web.Response:
        assert request.headers["api-key"] == "qdrant-key"
        return web.Response(status=status)

    async def root(request: web.Request) -> web.Response:
        return web.Response(text=about, content_type="application/json")

    app = web.Application()
    app.router.add_get("/below/collections", collections)
    app.router.add_get("/below/", root)
    async with TestServer(app) as server:
        given = settings(tmp_path, QDRANT_URL=server.make_url("/below/"), QDRANT_API_KEY="qdrant-key")
        refused = pytest.raises(SettingsError, match=f"^{re.escape(complaint)}$") if complaint else nullcontext()
        with refused:
            await check(given)


async def test_a_certificate_that_envoy_could_not_use_is_named(tmp_path: Path) -> None:
    pair = ensure_development_certificate(tmp_path / "one")
    other = ensure_development_certificate(tmp_path / "other")
    broken = tmp_path / "broken.pem"
    broken.write_text("not PEM")
    for certificate, key in ((pair.certificate, other.key), (broken, pair.key), (broken, broken)):
        with pytest.raises(SettingsError, match=r"^CHATMOUNT_TLS_CERTIFICATE and CHATMOUNT_TLS_KEY are no .*\.$"):
            await check(settings(tmp_path, TLS_CERTIFICATE=certificate, TLS_KEY=key))
    await check(settings(tmp_path, TLS_CERTIFICATE=pair.certificate, TLS_KEY=pair.key))
