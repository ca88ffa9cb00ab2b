"""The decision by itself: reasons and their order."""

from dataclasses import replace

from services.auth.allowlist import parse_address
from services.auth.decision import Admission, decide
from services.auth.records import KeyGrant
from services.config.plans import DEFAULT_PLANS
from services.errors import Text
from tests.each import for_each

NOW = 1_000_000
GRANT = KeyGrant("key_1", "bot_1", "acct_1", "plus", True, (), None, None)
PLUS, FREE = DEFAULT_PLANS["plus"], DEFAULT_PLANS["free"]
HERE = parse_address("192.0.2.1")


def test_a_good_key_is_let_in_at_its_plans_rate() -> None:
    assert decide(GRANT, PLUS, HERE, NOW) == Admission(GRANT, 60)


@for_each(
    ("grant", "refusal"),
    [
        (None, Text.INVALID_API_KEY),
        (replace(GRANT, revoked_ms=1), Text.INVALID_API_KEY),
        (replace(GRANT, revoked_ms=1, expires_ms=1), Text.INVALID_API_KEY),
        (replace(GRANT, expires_ms=NOW), Text.EXPIRED_API_KEY),
        (replace(GRANT, expires_ms=NOW - 1), Text.EXPIRED_API_KEY),
        (replace(GRANT, allowlist=("192.0.2.2",)), Text.IP_NOT_ALLOWED),
        (replace(GRANT, chatbot_enabled=False), Text.CHATBOT_DISABLED),
        # 401 goes before 403, and to a stranger's address nothing is said of plan or chatbot.
        (replace(GRANT, revoked_ms=1, allowlist=("192.0.2.2",), chatbot_enabled=False), Text.INVALID_API_KEY),
        (replace(GRANT, expires_ms=1, allowlist=("192.0.2.2",), chatbot_enabled=False), Text.EXPIRED_API_KEY),
        (replace(GRANT, allowlist=("192.0.2.2",), chatbot_enabled=False), Text.IP_NOT_ALLOWED),
    ],
)
def test_a_bad_one_is_refused_for_the_first_reason(grant: KeyGrant | None, refusal: Text) -> None:
    assert decide(grant, PLUS, HERE, NOW) is refusal


def test_a_plan_without_api_access_goes_before_a_disabled_chatbot() -> None:
    for plan in (FREE, None):
        assert decide(replace(GRANT, chatbot_enabled=False), plan, HERE, NOW) is Text.PLAN_WITHOUT_API


def test_a_key_works_until_the_millisecond_of_its_expiry() -> None:
    assert isinstance(decide(replace(GRANT, expires_ms=NOW + 1), PLUS, HERE, NOW), Admission)
