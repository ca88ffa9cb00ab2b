"""How many replicas of each service a stack is to have, and what they have to share."""

from pathlib import Path

import pytest

from services.cli.processes import PROCESSES
from services.cli.up.replicas import Replicas, count_replicas
from services.config.settings import Settings, SettingsError, load_settings
from services.trust.principal import SERVICES
from tests.each import for_each

DATABASE = {"CHATMOUNT_DATABASE_URL": "postgresql+asyncpg://u:p@h/d"}
REDIS = {"CHATMOUNT_REDIS_URL": "redis://h"}
QDRANT = {"CHATMOUNT_QDRANT_URL": "http://h"}
EVERYTHING = DATABASE | REDIS | QDRANT


def settings(home: Path, variables: dict[str, str]) -> Settings:
    return load_settings({"CHATMOUNT_HOME": str(home), **variables})


@for_each(
    ("wishes", "counts"),
    [
        ([], (1, 1, 1, 1, 1)),
        (["1"], (1, 1, 1, 1, 1)),
        (["2"], (2, 2, 2, 2, 2)),
        (["chat=3,quota=2"], (1, 2, 1, 3, 1)),
        (["chat=3", "quota=2", "web=4"], (1, 2, 1, 3, 4)),
        (["2", "chat=4, retrieval=1"], (2, 2, 1, 4, 2)),
    ],
)
def test_wishes_are_for_all_processes_or_for_those_they_name(
    tmp_path: Path, wishes: list[str], counts: tuple[int, ...]
) -> None:
    counted = count_replicas(wishes, settings(tmp_path, EVERYTHING))
    assert tuple(counted.items()) == tuple(zip(PROCESSES, counts, strict=True))


@for_each("wish", ["0", "-1", "two", "65", "", "chat", "chat=", "chat=0", "chat=2,", "=2", "٢", "chat=2;"])
def test_a_wish_that_can_not_be_understood_is_refused_in_one_line(tmp_path: Path, wish: str) -> None:
    with pytest.raises(SettingsError, match=r"^--replicas .*\.$"):
        count_replicas([wish], settings(tmp_path, EVERYTHING))


def test_a_process_that_there_is_not_is_named(tmp_path: Path) -> None:
    known = "auth, quota, retrieval, chat"
    with pytest.raises(SettingsError, match=f"^--replicas knows no process 'envoy': there are {known}, web"):
        count_replicas(["envoy=2"], settings(tmp_path, EVERYTHING))
    without = settings(tmp_path, EVERYTHING | {"CHATMOUNT_DASHBOARD": "off"})
    assert count_replicas(["2"], without) == dict.fromkeys(SERVICES, 2)
    with pytest.raises(SettingsError, match=f"^--replicas knows no process 'web': there are {known}\\."):
        count_replicas(["web=2"], without)


@for_each(
    ("variables", "wish", "text"),
    [
        ({}, "chat=2", "Several replicas of chat need CHATMOUNT_DATABASE_URL, which they share."),
        (
            REDIS,
            "2",
            "Several replicas of auth and quota and retrieval and chat need CHATMOUNT_DATABASE_URL, which they share.",
        ),
        (DATABASE, "auth=2", "Several replicas of auth need CHATMOUNT_REDIS_URL, which they share."),
        (DATABASE | REDIS, "retrieval=2", "Several replicas of retrieval need CHATMOUNT_QDRANT_URL, which they share."),
        (
            DATABASE | REDIS,
            "2",
            "Several replicas of retrieval need CHATMOUNT_QDRANT_URL, which they share; without it: "
            "--replicas auth=2,quota=2,chat=2,web=2.",
        ),
    ],
)
def test_what_several_processes_can_not_share_is_named(
    tmp_path: Path, variables: dict[str, str], wish: str, text: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        count_replicas([wish], settings(tmp_path, variables))
    assert str(caught.value) == text


def test_chat_alone_needs_the_database_alone_and_web_needs_nothing(tmp_path: Path) -> None:
    assert count_replicas(["chat=2"], settings(tmp_path, DATABASE))["chat"] == 2
    assert count_replicas(["web=2"], settings(tmp_path, {}))["web"] == 2


def test_addresses_that_are_given_are_those_of_the_replicas(tmp_path: Path) -> None:
    given = settings(tmp_path, EVERYTHING | {"CHATMOUNT_CHAT_ADDRESS": "127.0.0.1:1001,127.0.0.1:1002"})
    counts = count_replicas([], given)
    assert counts["chat"] == 2
    replicas = Replicas(given, counts)
    assert replicas.addresses()["chat"] == ["127.0.0.1:1001", "127.0.0.1:1002"]
    assert [replica.name for replica in replicas] == ["auth", "quota", "retrieval", "chat-1", "chat-2", "web"]
    assert replicas.metrics()["web"] == [replica.metrics for replica in replicas if replica.process == "web"]
    addresses = [replica.address for replica in replicas] + [replica.metrics for replica in replicas]
    assert len(set(addresses)) == 12
    replicas.release()
    with pytest.raises(SettingsError, match="CHATMOUNT_CHAT_ADDRESS names 2 of chat, and --replicas wants 3: "):
        count_replicas(["chat=3"], given)
