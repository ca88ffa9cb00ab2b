"""Numbers that tell whether a chatbot may have changed: who moves them, and that nobody can forget to."""

import ast
import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from services.database import Database
from services.retrieval import changes as changes_module
from services.retrieval.changes import Changes
from services.retrieval.index.edge.edge import EdgeIndex
from services.retrieval.index.schema import Fingerprint
from services.retrieval.store.writes import Writes
from tests.retrieval.index.index_contract import add
from tests.waiting import PATIENCE, until

RETRIEVAL = Path(changes_module.__file__).parent
READS = {"read", "fetch", "look_up", "look_up_all"}
SEEN_BY_NOBODY = {
    "LanguageStore.sweep",  # notes of versions that are gone
    "UnsettledStore.note",  # notes of versions, which no search reads
    "UnsettledStore.settle",
    "UnsettledStore.claim",
    "IngestStore.take",  # content that is not in the index yet
    "IngestStore.progress",
    "IngestStore.put_back",
    "SyncStore.put",  # a report for people
}


def test_a_write_moves_its_chatbot_alone() -> None:
    changes = Changes()
    before = changes.version("bot_a"), changes.version("bot_b")
    changes.move("bot_a")
    assert changes.version("bot_a") != before[0]
    assert changes.version("bot_b") == before[1]


def test_what_belongs_to_no_chatbot_moves_all() -> None:
    changes = Changes()
    changes.move("bot_a")
    before = changes.version("bot_a"), changes.version("bot_b")
    changes.move_all()
    assert changes.version("bot_a") != before[0]
    assert changes.version("bot_b") != before[1]


def test_a_number_never_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes_module, "MANY", 3)
    changes, seen = Changes(), set()
    for step in range(20):
        changes.move(f"bot_{step % 7}")
        version = changes.version(f"bot_{step % 7}")
        assert version not in seen
        seen.add(version)


async def test_a_write_that_fails_moves_before_and_after(database: Database) -> None:
    changes, during = Changes(), []

    def work(connection: Connection) -> None:
        during.append(changes.version("bot_a"))
        raise ZeroDivisionError

    before = changes.version("bot_a")
    with pytest.raises(ZeroDivisionError):
        await Writes(database, changes).transact(work, seen_by="bot_a")
    assert len({before, during[-1], changes.version("bot_a")}) == 3


async def test_a_commit_that_outlives_its_caller_moves_when_it_is_there(database: Database) -> None:
    if not database.is_sqlite:
        return
    changes, begun, may_commit = Changes(), threading.Event(), threading.Event()
    writes = Writes(database, changes)

    def work(connection: Connection) -> None:
        connection.execute(text("INSERT INTO unsettled (version, since_ms) VALUES ('ver_1', 1)"))
        begun.set()
        may_commit.wait(PATIENCE)

    writing = asyncio.create_task(writes.transact(work, seen_by="bot_a"))
    await until(begun.is_set)
    # Who is cancelled waits for the end of what has begun, unless it is cancelled once more.
    for _ in range(2):
        writing.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await writing
    seen = changes.version("bot_a")
    may_commit.set()

    async def has_moved() -> bool:
        return changes.version("bot_a") != seen

    await until(has_moved)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT version FROM unsettled"))).scalar_one() == "ver_1"


async def test_the_index_tells_whose_entries_a_removal_changes(tmp_path: Path) -> None:
    changes = Changes()
    index = await EdgeIndex.open(tmp_path, Fingerprint("words", 256), changes)
    for bot, version in (("bot_a", "ver_1"), ("bot_b", "ver_2")):
        await add(index, bot, version, "Parking is free.")
    before = changes.version("bot_a"), changes.version("bot_b")
    await index.remove(["ver_1", "ver_9"])
    assert changes.version("bot_a") != before[0]
    assert changes.version("bot_b") == before[1]
    await index.close()


def _calls(node: ast.AST, owner: str) -> Iterator[tuple[str, ast.Call]]:
    """Calls of `self.<owner>.<method>` within a node, by method."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            of = call.func.value
            if isinstance(of, ast.Attribute) and of.attr == owner:
                yield call.func.attr, call


def test_every_store_writes_by_naming_the_chatbot_that_sees_it() -> None:
    found, by_nobody = 0, set()
    for file in sorted((RETRIEVAL / "store").glob("*.py")):
        if file.name == "writes.py":
            continue
        tree = ast.parse(file.read_text("utf-8"))
        assert "batches" not in {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}, file.name
        for of in (node for node in tree.body if isinstance(node, ast.ClassDef)):
            for method in (node for node in of.body if isinstance(node, ast.AsyncFunctionDef)):
                name = f"{of.name}.{method.name}"
                past = {called for called, _ in _calls(method, "_database")} - {
                    "read",
                    "look_up",
                    "look_up_all",
                    "fetch",
                }
                assert not past, f"{name} writes past Writes, which moves the chatbot's number"
                for _, call in _calls(method, "_writes"):
                    found += 1
                    seen_by = next(one.value for one in call.keywords if one.arg == "seen_by")
                    if ast.unparse(seen_by) == "NOBODY":
                        by_nobody.add(name)
    assert found >= 18
    assert by_nobody == SEEN_BY_NOBODY


def test_the_index_is_written_in_one_place() -> None:
    written = {}
    for file in sorted((RETRIEVAL / "index" / "edge").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                updates = [call for method, call in _calls(node, "_shard") if method == "update"]
                if updates:
                    written[f"{file.name}: {node.name}"] = len(updates)
    # A space for vectors of another embedder has nothing in it yet.
    assert written == {"edge.py: _write": 1, "edge.py: _ensure_space": 1}
