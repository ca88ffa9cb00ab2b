"""The decision by itself: reasons and their order."""

from dataclasses import replace

import pytest

from services.auth import check
from services.auth.allowlist import parse_address
from services.auth.check import Admission, Refusal, decide
from services.auth.records import KeyGrant
from services.config.plans import DEFAULT_PLANS

NOW = 1_000_000
GRANT = KeyGrant("key_1", "bot_1", "acct_1", "plus", True, (), None, None)
PLUS, FREE = DEFAULT_PLANS["plus"], DEFAULT_PLANS["free"]
HERE = parse_address("192.0.2.1")


def test_a_good_key_is_let_in_at_its_plans_rate() -> None:
    assert decide(GRANT, PLUS, HERE, NOW) == Admission(GRANT, 60)


@pytest.mark.parametrize(
    ("grant", "refusal"),
    [
        (None, check.INVALID),
        (replace(GRANT, revoked_ms=1), check.INVALID),
        (replace(GRANT, revoked_ms=1, expires_ms=1), check.INVALID),
        (replace(GRANT, expires_ms=NOW), check.EXPIRED),
        (replace(GRANT, expires_ms=NOW - 1), check.EXPIRED),
        (replace(GRANT, allowlist=("192.0.2.2",)), check.ADDRESS),
        (replace(GRANT, chatbot_enabled=False), check.DISABLED),
        # 401 goes before 403, and to a stranger's address nothing is said of plan or chatbot.
        (replace(GRANT, revoked_ms=1, allowlist=("192.0.2.2",), chatbot_enabled=False), check.INVALID),
        (replace(GRANT, expires_ms=1, allowlist=("192.0.2.2",), chatbot_enabled=False), check.EXPIRED),
        (replace(GRANT, allowlist=("192.0.2.2",), chatbot_enabled=False), check.ADDRESS),
    ],
)
def test_a_bad_one_is_refused_for_the_first_reason(grant: KeyGrant | None, refusal: Refusal) -> None:
    assert decide(grant, PLUS, HERE, NOW) is refusal


def test_a_plan_without_api_access_goes_before_a_disabled_chatbot() -> None:
    for plan in (FREE, None):
        assert decide(replace(GRANT, chatbot_enabled=False), plan, HERE, NOW) is check.PLAN


def test_a_key_works_until_the_millisecond_of_its_expiry() -> None:
    assert isinstance(decide(replace(GRANT, expires_ms=NOW + 1), PLUS, HERE, NOW), Admission)
