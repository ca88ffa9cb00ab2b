"""Which services share a process: what is chosen, and what follows from it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from services.cli.processes import PROCESSES
from services.cli.up.environment import process_environment
from services.cli.up.replicas import Replicas
from services.cli.up.wiring import USUAL, choose_groups
from services.config.settings import SettingsError, load_settings
from services.config.wiring import Groups
from tests.each import for_each

ONE_OF_EACH = dict.fromkeys(PROCESSES, 1)
PAIRS: Groups = (("auth", "quota"), ("retrieval", "chat"))


def chosen(*together: str, setting: str = "", split: bool = False, **counts: int) -> Groups:
    settings = load_settings({"CHATMOUNT_TOGETHER": setting})
    return choose_groups(together, settings, {**ONE_OF_EACH, **counts}, split=split)


def test_an_option_outdoes_the_setting_which_outdoes_what_is_usual() -> None:
    assert chosen() == USUAL
    assert chosen(setting="auth,quota retrieval,chat") == PAIRS
    assert chosen("quota, auth", "retrieval,chat", setting="none") == PAIRS
    assert chosen(setting="none") == chosen(split=True) == chosen(split=True, setting="auth,quota") == ()


@for_each(
    ("counts", "groups"),
    [({"quota": 2}, (("auth", "chat"),)), ({"quota": 2, "chat": 2}, ()), ({"retrieval": 2, "web": 2}, USUAL)],
)
def test_a_service_with_several_replicas_is_alone_unless_something_else_is_chosen(
    counts: dict[str, int], groups: Groups
) -> None:
    assert chosen(**counts) == groups


@for_each(("options", "setting"), [(["auth,quota"], ""), ([], "auth,quota")])
def test_replicas_of_a_service_that_is_to_share_a_process_are_refused(options: Sequence[str], setting: str) -> None:
    subject = "--together" if options else "CHATMOUNT_TOGETHER"
    with pytest.raises(SettingsError) as caught:
        chosen(*options, setting=setting, quota=3)
    assert str(caught.value) == (
        f"{subject} puts quota into a process with others, and there are to be 3 replicas of it: leave quota out of "
        f"{subject}."
    )
    assert chosen(*options, setting=setting, chat=3) == (("auth", "quota"),)


def test_what_excludes_itself_and_what_is_no_service_is_refused() -> None:
    with pytest.raises(SettingsError, match="--split and --together exclude each other"):
        chosen("auth,quota", split=True)
    with pytest.raises(SettingsError, match=r"^--together knows no service 'envoy'"):
        chosen("auth,envoy")


def test_services_of_one_process_keep_their_ports_and_share_a_page_of_metrics(tmp_path: Path) -> None:
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    replicas = Replicas(settings, {**ONE_OF_EACH, "web": 2}, PAIRS)
    units = replicas.units()
    assert [unit.name for unit in units] == ["auth,quota", "retrieval,chat", "web-1", "web-2"]
    assert len({replica.address for replica in replicas}) == 6
    assert replicas.metrics()["auth"] == replicas.metrics()["quota"] != replicas.metrics()["chat"]
    assert len({replica.metrics for replica in replicas}) == 4
    replicas.release()


def test_a_process_is_given_the_secrets_of_all_its_services(tmp_path: Path) -> None:
    settings = load_settings({"CHATMOUNT_HOME": str(tmp_path)})
    replicas = Replicas(settings, ONE_OF_EACH, PAIRS)
    inherited = {"CHATMOUNT_LLM_API_KEY": "llm", "CHATMOUNT_QDRANT_API_KEY": "qdrant", "CHATMOUNT_ADMIN_TOKEN": "admin"}
    addresses = replicas.addresses()
    given = {
        unit.name: set(process_environment(unit, settings, addresses, inherited).values()) & set(inherited.values())
        for unit in replicas.units()
    }
    assert given == {"auth,quota": set(), "retrieval,chat": {"llm", "qdrant"}, "web": set()}
    told = load_settings(process_environment(replicas.units()[0], settings, addresses, inherited))
    assert (told.auth_address, told.quota_address) == (addresses["auth"][0], addresses["quota"][0])
    replicas.release()
