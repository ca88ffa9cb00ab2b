import dataclasses

import jwt
import pytest
from chatmount.access.v1.access_pb2 import Role
from hypothesis import given
from hypothesis import strategies as st

from services.errors import ChatmountError
from services.trust.principal import Principal
from services.trust.principal_tokens import TokenSigner
from tests.each import for_each
from tests.turned_clock import TurnedClock

OLD, NEW = "o" * 40, "n" * 40
PRINCIPAL = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", "plus", "api")


@for_each("principal", [PRINCIPAL, Principal(Role.ROLE_OPERATOR)])
def test_a_token_speaks_for_the_principal_it_was_signed_for(principal: Principal) -> None:
    signer = TokenSigner([NEW])
    assert signer.verify(signer.sign(principal), "quota") == principal


def test_a_token_is_refused_by_services_that_it_is_not_for() -> None:
    signer = TokenSigner([NEW])
    for token in (signer.sign_for_a_call(PRINCIPAL, "quota"), signer.sign(PRINCIPAL, audience=("auth", "quota"))):
        assert signer.verify(token, "quota") == PRINCIPAL
        for service in ("retrieval", "chat", ""):
            with pytest.raises(ChatmountError):
                signer.verify(token, service)


@for_each("for_a_call", [True, False])
def test_a_token_dies_after_its_minute_also_when_it_was_seen_before(for_a_call: bool) -> None:
    clock = TurnedClock()
    signer = TokenSigner([NEW], clock)
    token = signer.sign_for_a_call(PRINCIPAL, "quota") if for_a_call else signer.sign(PRINCIPAL)
    assert signer.verify(token, "quota") == PRINCIPAL
    clock.now += 39
    assert signer.verify(token, "quota") == PRINCIPAL
    clock.now += 30
    with pytest.raises(ChatmountError):
        signer.verify(token, "quota")


def test_calls_close_together_share_a_token_that_always_lasts_long_enough() -> None:
    clock = TurnedClock()
    signer = TokenSigner([NEW], clock)
    assert signer.sign_for_a_call(PRINCIPAL, "quota") == signer.sign_for_a_call(dataclasses.replace(PRINCIPAL), "quota")
    assert signer.sign_for_a_call(PRINCIPAL, "quota") != signer.sign_for_a_call(PRINCIPAL, "chat")
    other = dataclasses.replace(PRINCIPAL, chatbot_id="bot_2")
    assert signer.verify(signer.sign_for_a_call(other, "quota"), "quota") == other
    for _ in range(100):
        clock.now += 0.7
        assert signer.verify(signer.sign_for_a_call(PRINCIPAL, "quota"), "quota").expires_at >= clock.now + 39


def test_the_old_secret_verifies_but_no_longer_signs_and_no_other_does() -> None:
    during = TokenSigner([NEW, OLD])
    assert during.verify(TokenSigner([OLD]).sign(PRINCIPAL), "quota") == PRINCIPAL
    with pytest.raises(ChatmountError):
        TokenSigner([OLD]).verify(during.sign(PRINCIPAL), "quota")


@for_each(
    "changed",
    [
        {"alg": "none"},
        {"drop": "exp"},
        {"drop": "role"},
        {"drop": "aud"},
        {"aud": "chatmount"},
        {"role": "ROLE_ROOT"},
        {"iss": "someone-else"},
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(changed: dict[str, str]) -> None:
    claims = jwt.decode(TokenSigner([NEW]).sign(PRINCIPAL), NEW, ["HS256"], audience="quota")
    algorithm = changed.pop("alg", "HS256")
    claims.pop(changed.pop("drop", ""), None)
    token = jwt.encode({**claims, **changed}, NEW if algorithm != "none" else None, algorithm)
    with pytest.raises(ChatmountError):
        TokenSigner([NEW]).verify(token, "quota")


@given(st.text())
def test_garbage_is_refused_and_never_breaks_anything(token: str) -> None:
    with pytest.raises(ChatmountError):
        TokenSigner([NEW]).verify(token, "quota")


@for_each("field", [field.name for field in dataclasses.fields(Principal) if field.name != "role"])
def test_no_field_of_a_principal_is_lost_on_the_way(field: str) -> None:
    signer = TokenSigner([NEW])
    principal = dataclasses.replace(Principal(Role.ROLE_API_KEY), **{field: "x"})
    assert signer.verify(signer.sign(principal), "quota") == principal


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32"):
        TokenSigner(["short"])
