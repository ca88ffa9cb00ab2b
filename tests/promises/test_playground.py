"""A member's question goes the whole way under the member's own token: Chat, the ledger, the search."""

import datetime
from pathlib import Path

from services.trust.principal import Channel, Principal, Role
from tests.promises.tenancy.tenant import PLAN, QUESTION
from tests.promises.tenancy.tenants import world

QUOTA, CHAT = "/chatmount.quota.v1.QuotaService", "/chatmount.chat.v1"


async def test_a_question_in_the_playground_is_answered_charged_and_explained(tmp_path: Path) -> None:
    async with world(tmp_path) as running:
        tenant = await running.tenant("aardvark")
        editor = Principal(
            Role.ROLE_MEMBER,
            tenant.account_id,
            tenant.chatbot_id,
            plan=PLAN,
            channel=Channel.PLAYGROUND,
            subject="usr_1",
            member_role="MEMBER_ROLE_EDITOR",
        )
        asked = {"message": QUESTION, "session_id": "ply_1"}
        answer = await running.call(f"{CHAT}.ChatService/StreamChat", [asked], editor, {"x-request-id": "request-1"})
        assert answer.code == "OK", answer
        assert [event["type"] for event in answer.replies][-2:] == ["sources", "done"]
        assert "aardvark" in "".join(event.get("content", "") for event in answer.replies)

        traced = await running.must(f"{CHAT}.SessionService/GetTrace", {"request_id": "request-1"}, editor)
        assert (traced["session_id"], traced["trace"]["credits_used"]) == ("ply_1", 1)
        chosen = {"filter": {"channel": "playground"}}
        (session,) = (await running.must(f"{CHAT}.SessionService/ListSessions", chosen, editor))["sessions"]
        assert (session["id"], session["first_question"]) == ("ply_1", QUESTION)

        (entry,) = (await running.must(f"{QUOTA}/ListLedgerEntries", {"request_id": "request-1"}, editor))["entries"]
        assert (entry["channel"], entry["state"], "api_key_id" in entry) == (
            "playground",
            "LEDGER_STATE_SETTLED",
            False,
        )
        today = datetime.datetime.now(datetime.UTC).date()
        span = {
            "since_day": str(today - datetime.timedelta(days=1)),
            "until_day": str(today + datetime.timedelta(days=1)),
        }
        days = (await running.must(f"{QUOTA}/ListDailyCredits", span, editor))["days"]
        assert sum(day["credits_used"] for day in days if day["channel"] == "playground") == 1
        operator = tenant.principals()["operator@account"]
        assert "drifts" not in await running.must(f"{QUOTA}/VerifyLedger", {}, operator)
