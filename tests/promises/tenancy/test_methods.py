"""Every method of every service keeps tenants apart, and does not tell what exists."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.promises.tenancy.cases import CASES
from tests.promises.tenancy.people_cases import PEOPLE
from tests.promises.tenancy.tenant import ANYBODYS, MEMBERS, PLAN
from tests.promises.tenancy.town import STRANGERS, Town, names_of, nobody, open_town, secrets_of, without_signature
from tests.secret import SECRET

pytestmark = pytest.mark.asyncio(loop_scope="module")
every_method = pytest.mark.parametrize("path", CASES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory, quick_passwords: None) -> AsyncIterator[Town]:
    async with open_town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


async def test_every_method_that_is_served_has_a_case(town: Town) -> None:
    assert set(town.world.methods) == set(CASES)


@every_method
async def test_without_a_right_token_all_are_refused_alike(town: Town, path: str) -> None:
    right = town.victim.principals()[CASES[path].owner]
    tokens = {
        "none": None,
        "garbage": "garbage",
        "expired": TokenSigner([SECRET]).sign(right, -60),
        "another secret's": TokenSigner(["x" * 40]).sign(right),
        "unsigned": without_signature(TokenSigner([SECRET]).sign(right)),
        "an API key": town.victim.key,
    }
    for name, token in tokens.items():
        theirs = await town.outcomes(path, town.victim, token)
        nobodys = await town.outcomes(path, nobody(), token)
        assert {outcome.code for outcome in theirs} == {"UNAUTHENTICATED"}, name
        assert {outcome.refusal() for outcome in (*theirs, *nobodys)} == {theirs[0].refusal()}, name
        assert not any(outcome.replies for outcome in theirs)


@every_method
async def test_who_has_another_role_or_scope_is_refused(town: Town, path: str) -> None:
    own = town.victim.principals()
    half = replace(own["operator@chatbot"], account_id="")
    kinds = {
        **{kind: principal for kind, principal in own.items() if kind != "key"},
        "key@chatbot": own["key"],
        "key@account": replace(own["key"], chatbot_id=""),
        "key": Principal(Role.ROLE_API_KEY),
    }
    wrong = [principal for kind, principal in kinds.items() if not CASES[path].admits(kind)]
    # An account or a chatbot that belongs to nobody opens nothing that asks for one.
    wrong += [half] if not CASES[path].admits("operator") else []
    assert wrong
    for principal in wrong:
        theirs = await town.outcomes(path, town.victim, principal)
        nobodys = await town.outcomes(path, nobody(), principal)
        assert {outcome.code for outcome in theirs} == {"PERMISSION_DENIED"}, principal
        assert {outcome.refusal() for outcome in (*theirs, *nobodys)} == {theirs[0].refusal()}, principal
    own_role = own["owner@chatbot"]
    nameless = [Principal(Role.ROLE_UNSPECIFIED), replace(own_role, account_id="")]
    nameless += [replace(own_role, member_role=role) for role in ("", "MEMBER_ROLE_UNSPECIFIED", "MEMBER_ROLE_KING")]
    for principal in nameless:
        refused = await town.outcomes(path, town.victim, principal)
        assert {outcome.code for outcome in refused} <= {"PERMISSION_DENIED", "UNAUTHENTICATED"}, principal


@pytest.mark.parametrize("path", [path for path, case in CASES.items() if case.member])
async def test_a_member_in_too_low_a_role_is_told_which_one_it_takes(town: Town, path: str) -> None:
    least, _, scope = CASES[path].member.partition("@")
    for role in MEMBERS[: MEMBERS.index(least)]:
        for outcome in await town.outcomes(path, town.victim, town.victim.principals()[f"{role}@{scope}"]):
            assert outcome.text == f"Your role ({role}) can't do this. It takes an {least} of the account."
            assert b"MEMBER_ROLE" in dict(outcome.details)["grpc-status-details-bin"]


async def test_what_was_refused_has_changed_nothing(town: Town) -> None:
    await town.nothing_happened()


@pytest.mark.parametrize("path", [path for path, case in CASES.items() if case.who != "edge"])
async def test_another_tenants_things_are_as_unknown_as_what_never_was(town: Town, path: str) -> None:
    case, victim = CASES[path], town.victim
    for other in town.others(path):
        unknown = nobody(like=victim if other.account_id == victim.account_id else None)
        for kind in STRANGERS:
            door = "key@chatbot" if kind == "key" else kind
            # Who speaks for an account is no stranger to any of its chatbots, and nor is who belongs to it.
            is_known = kind.endswith(("@account", "user")) and other.account_id == victim.account_id
            if not case.admits(door) or is_known:
                continue
            principal = other.principals()[kind]
            theirs = await town.outcomes(path, victim, principal)
            nobodys = await town.outcomes(path, unknown, principal)
            told = [secret for outcome in theirs for secret in outcome.tells(secrets_of(victim, other))]
            assert told == [], (other.word, kind)
            # A visitor has one conversation, which goes on with each question, whatever is named.
            goes_on = kind == "visitor@chatbot" and path.endswith("/StreamChat")
            if case.requests(victim) != case.requests(unknown) and not goes_on:
                seen = [outcome.without(names_of(victim)) for outcome in theirs]
                assert seen == [outcome.without(names_of(unknown)) for outcome in nobodys], (other.word, kind)


async def test_what_other_tenants_asked_for_has_changed_nothing(town: Town) -> None:
    await town.nothing_happened()


@every_method
async def test_the_owner_reaches_what_is_its_own_and_nothing_else(town: Town, path: str) -> None:
    case = CASES[path]
    for kind, code in ((case.owner, case.owner_code), (case.member, case.member_code)):
        if not kind:
            continue
        owner = await town.world.tenant("elephant") if case.ends else town.owner
        if case.ends and path.rpartition(".")[2] in PEOPLE:
            owner = await town.world.person(owner)
        outcomes = await town.outcomes(path, owner, owner.principals()[kind])
        assert {outcome.code for outcome in outcomes} == {code}, (kind, outcomes)
        for other in (town.victim, town.stranger):
            told = [secret for outcome in outcomes for secret in outcome.tells(secrets_of(other, owner))]
            assert kind == "operator" or told == []


async def test_what_owners_ended_was_their_own(town: Town) -> None:
    await town.nothing_happened()


async def test_a_reservation_that_another_tenant_named_can_not_be_named_again(town: Town) -> None:
    for other in (town.sibling, town.stranger):
        key = other.principals()["key"]
        taken = {"request_id": "r", "reservation_id": town.victim.reservation_id}
        outcome = await town.world.call("QuotaService/Reserve", [taken], key)
        never_was = await town.world.call("QuotaService/Settle", [{"reservation_id": nobody().reservation_id}], key)
        assert outcome.refusal() == never_was.refusal()
    await town.nothing_happened()


async def test_what_a_playground_has_set_aside_is_its_chatbots_alone(town: Town) -> None:
    sibling = await town.world.tenant("buffalo", town.owner.account_id)
    editor = town.owner.principals()["editor@chatbot"]
    reserved = await town.world.must("QuotaService/Reserve", {"request_id": "r"}, editor)
    for method in ("Settle", "Release"):
        for other in (sibling, town.stranger):
            for kind in ("editor@chatbot", "key"):
                principal = other.principals()[kind]
                theirs = await town.world.call(f"QuotaService/{method}", [reserved], principal)
                made_up = {"reservation_id": nobody().reservation_id}
                never_was = await town.world.call(f"QuotaService/{method}", [made_up], principal)
                assert (theirs.code, theirs.refusal()) == ("NOT_FOUND", never_was.refusal())
        await town.world.must(f"QuotaService/{method}", reserved, editor)


async def test_a_grant_that_another_account_named_can_not_be_named_again(town: Town) -> None:
    taken = {"amount": 5, "note": "aardvark", "grant_id": town.victim.grant_id}
    operator = town.stranger.principals()["operator@account"]
    outcome = await town.world.call("QuotaService/GrantCredits", [taken], operator)
    assert (outcome.code, outcome.tells(secrets_of(town.victim, town.stranger))) == ("FAILED_PRECONDITION", [])
    await town.nothing_happened()


async def test_a_token_whose_chatbot_is_not_of_its_account_opens_neither(town: Town) -> None:
    mixed = replace(town.stranger.principals()["operator@chatbot"], chatbot_id=town.victim.chatbot_id)
    for path in ("ChatbotService/GetChatbot", "ApiKeyService/ListApiKeys", "ApiKeyService/RotateApiKey"):
        outcomes = await town.outcomes(f"/chatmount.auth.v1.{path}", town.victim, mixed)
        assert {outcome.code for outcome in outcomes} == {"NOT_FOUND"}
    await town.nothing_happened()


async def test_what_a_tenant_sees_is_its_own(town: Town) -> None:
    everything = repr(town.seen)
    assert town.victim.word in everything
    for other in (town.stranger, town.owner):
        assert [secret for secret in secrets_of(other, town.victim) if secret in everything] == []


async def test_an_account_without_chatbots_can_go_whatever_others_have(town: Town) -> None:
    operator = ANYBODYS["operator"]
    made = await town.world.must("AccountService/CreateAccount", {"name": "empty", "plan": PLAN}, operator)
    await town.world.must("AccountService/DeleteAccount", {"account_id": made["account"]["id"]}, operator)
    await town.nothing_happened()


async def test_sums_are_of_the_account_alone(town: Town) -> None:
    tenant = await town.world.tenant("flamingo")
    account = tenant.principals()["operator@account"]
    usage = await town.world.must("QuotaService/GetUsage", {}, account)
    assert (usage["credits_used"], usage["credits_reserved"], usage["credits_granted"]) == (3, 1, 5)
    assert usage["chatbots"] == [
        {"chatbot_id": tenant.chatbot_id, "credits_used": 3, "requests_today": 4, "requests_per_day": 1000000}
    ]
    assert await town.world.must("QuotaService/VerifyLedger", {}, account) == {"accounts": 1, "entries": "5"}
