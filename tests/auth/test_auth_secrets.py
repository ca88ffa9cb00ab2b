"""Secrets are shown once, and are nowhere else afterwards."""

import logging
from pathlib import Path

import pytest
from auth_harness import Auth, refusal_of
from sqlalchemy import inspect

from services.auth import key_secret as api_keys
from services.auth.store.tables import AuthTable
from services.database import Database
from services.observe.telemetry import configure_logging


def files_with(folder: Path, secret: str) -> list[Path]:
    """Files that hold the secret, or enough of its random part to be worth having."""
    needles = [secret.encode(), secret[8:24].encode(), secret[16:34].encode(), secret.encode("utf-16-le")]
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert found
    return [path for path in found if any(needle in path.read_bytes() for needle in needles)]


async def test_no_database_file_ever_holds_a_secret(auth: Auth, tmp_path: Path) -> None:
    chatbot = await auth.new_chatbot()
    secrets = []
    for number in range(5):
        created = await auth.new_key(chatbot.id, name=f"key {number}")
        rotated = await auth.call("RotateApiKey", api_key_id=created.api_key.id)
        secrets += [created.secret, rotated.secret]
        for secret in (created.secret, rotated.secret):
            await auth.check_key(secret)
        await auth.call("ListApiKeys", chatbot_id=chatbot.id)
    assert {path.name for path in tmp_path.iterdir()} >= {"auth.db", "auth.db-wal"}
    # The search finds what is there: the names are in the same rows.
    assert any(b"key 3" in path.read_bytes() for path in tmp_path.iterdir())
    for secret in secrets:
        assert files_with(tmp_path, secret) == []


async def test_no_column_but_the_digest_is_made_of_a_secret(database: Database) -> None:
    async with database.read() as connection:
        columns = await connection.run_sync(lambda sync: inspect(sync).get_columns("api_keys"))
    names = {column["name"] for column in columns}
    assert names == set(AuthTable.metadata.tables["api_keys"].columns.keys())
    assert not names & {"secret", "key", "token"}


async def test_no_log_line_and_no_error_holds_a_secret(auth: Auth, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    created = await auth.new_key()
    rotated = await auth.call("RotateApiKey", api_key_id=created.api_key.id)
    unknown = api_keys.generate()
    texts = []
    for secret in (created.secret, rotated.secret, unknown):
        response = await auth.check_key(secret)
        texts.append(response.denied_response.body)
        texts.append(str((await auth.check(f"Basic {secret}")).denied_response))
        # A secret where an id belongs is an easy mistake.
        texts.append(str(await refusal_of(auth.call("RevokeApiKey", api_key_id=secret))))
        texts.append(str(await refusal_of(auth.call("GetAccount", account_id=secret))))
    listed = await auth.call("ListApiKeys", chatbot_id=created.api_key.chatbot_id)
    texts.append(str(listed))
    for secret in (created.secret, rotated.secret, unknown):
        assert secret[8:34] not in caplog.text
        assert not any(secret[8:34] in text for text in texts)


async def test_logging_of_statements_is_off_at_every_level(caplog: pytest.LogCaptureFixture) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure_logging("DEBUG")
        assert logging.getLogger("sqlalchemy.engine").getEffectiveLevel() > logging.INFO
    finally:
        logging.basicConfig(level=level, handlers=before, force=True)
