"""Auth's rows: accounts, chatbots, keys, people, the audit log."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from services.auth.records import Action
from services.auth.store.people_tables import InvitationRow, MembershipRow, UserRow, UserSessionRow
from services.auth.store.tables import AccountRow, ApiKeyRow, AuditEventRow, ChatbotRow
from services.ids import new_id
from tests.web.filled.size import DAY_MS, Owned, Rows, Size
from tests.web.filled.words import Words

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SESSIONS = 20


def auth_rows(owned: Owned, size: Size, words: Words) -> Rows:
    """Of the account; and other accounts with nothing in them."""
    yield AccountRow, [_new("acct", owned) | {"name": words.some(2), "plan": "plus"} for _ in range(size.accounts - 1)]
    chatbot = {"account_id": owned.account_id, "enabled": True}
    yield (
        ChatbotRow,
        [_new("bot", owned) | chatbot | {"id": each, "name": words.some(3)} for each in owned.other_chatbots],
    )
    yield ApiKeyRow, [_key(owned, words) for _ in range(size.keys)]
    people = [_person(owned, words) for _ in range(size.people)]
    yield UserRow, people
    yield (
        MembershipRow,
        [
            _new("mbr", owned) | {"account_id": owned.account_id, "user_id": person["id"], "role": "editor"}
            for person in people
        ],
    )
    yield InvitationRow, [_invitation(owned, words) for _ in range(50)]
    yield UserSessionRow, [_session(owned) for _ in range(SESSIONS)]
    yield AuditEventRow, [_event(owned, size, place, people) for place in range(size.events)]


def _new(prefix: str, owned: Owned) -> dict[str, Any]:
    return {"id": new_id(prefix), "created_ms": owned.now_ms - DAY_MS}


def _digest() -> bytes:
    return hashlib.sha256(new_id("x").encode()).digest()


def _key(owned: Owned, words: Words) -> Mapping[str, Any]:
    addresses = " ".join(f"198.51.{words.chance.randrange(256)}.0/24" for _ in range(5))
    named = {"chatbot_id": owned.chatbot_id, "name": words.some(3), "last4": "aB3x", "allowlist": addresses}
    return _new("key", owned) | named | {"digest": _digest(), "last_used_ms": owned.now_ms}


def _person(owned: Owned, words: Words) -> dict[str, Any]:
    new = _new("usr", owned)
    email = f"{new['id'][4:]}@example.com".lower()
    named = {"email": email, "email_key": email, "name": words.some(2).title()}
    return new | named | {"is_operator": False, "last_seen_ms": owned.now_ms}


def _invitation(owned: Owned, words: Words) -> Mapping[str, Any]:
    email = f"{words.some(1)}.{new_id('x')[2:]}@example.com".lower()
    sent = {"account_id": owned.account_id, "email": email, "email_key": email, "created_by": owned.user_id}
    return _new("inv", owned) | sent | {"digest": _digest(), "role": "viewer", "expires_ms": owned.now_ms + 6 * DAY_MS}


def _session(owned: Owned) -> Mapping[str, Any]:
    times = {"last_seen_ms": owned.now_ms, "expires_ms": owned.now_ms + DAY_MS}
    began = {"user_id": owned.user_id, "digest": _digest(), "address": "198.51.100.7", "agent": AGENT}
    return _new("uss", owned) | began | times


def _event(owned: Owned, size: Size, place: int, people: list[dict[str, Any]]) -> Mapping[str, Any]:
    actor = people[place % len(people)]
    details = {"name": new_id("x"), "allowlist": ["198.51.100.0/24", "203.0.113.0/24"]}
    done = {"actor": actor["id"], "actor_email": actor["email"], "action": Action.KEY_ALLOW, "user_id": ""}
    where = {"account_id": owned.account_id, "chatbot_id": owned.chatbot_id, "key_id": new_id("key")}
    told = {"request_id": new_id("x"), "details": json.dumps(details)}
    return done | where | told | {"id": new_id("evt"), "created_ms": owned.when(place, size.events)}
