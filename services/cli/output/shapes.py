"""The JSON shapes of what the services answer: lower-case words, times as RFC 3339 in UTC, null for what is unset."""

import json
from datetime import UTC, datetime
from typing import Any

from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2
from chatmount.retrieval.v1 import retrieval_pb2
from google.protobuf.json_format import MessageToDict

Shape = dict[str, Any]


def moment(seconds: float) -> str:
    """Unix seconds as `2026-11-23T06:56:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_moment(milliseconds: int) -> str:
    """Unix milliseconds as `2026-11-23T06:56:00.123Z`."""
    text = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def short(time: object) -> str | None:
    """A time of a shape as people read it in a table: `2026-11-23 06:56:00`."""
    return str(time).replace("T", " ").removesuffix("Z")[:19] if time else None


def word(name: str, prefix: str) -> str:
    """`API_KEY_STATUS_ACTIVE` as `active`."""
    return name.removeprefix(prefix).lower().replace("_", " ")


def account(account: auth_pb2.Account) -> Shape:
    """An account."""
    return {
        "id": account.id,
        "name": account.name,
        "plan": account.plan,
        "created_at": moment(account.created_at),
    }


def chatbot(chatbot: auth_pb2.Chatbot) -> Shape:
    """A chatbot as Auth knows it."""
    return {
        "id": chatbot.id,
        "account_id": chatbot.account_id,
        "name": chatbot.name,
        "enabled": chatbot.enabled,
        "created_at": moment(chatbot.created_at),
    }


def profile(profile: chat_pb2.Profile) -> Shape:
    """How a chatbot speaks."""
    return {
        "instructions": profile.instructions,
        "fallback": profile.fallback,
        "threshold": profile.abstention_threshold,
        "model": profile.model or None,
        "temperature": profile.temperature if profile.HasField("temperature") else None,
        "answer_tokens": profile.answer_tokens if profile.HasField("answer_tokens") else None,
    }


def search_settings(settings: retrieval_pb2.Settings) -> Shape:
    """How a chatbot is searched; `next_language` while its sources are being indexed in another one."""
    return {"language": settings.language, "next_language": settings.next_language or None}


def api_key(key: auth_pb2.ApiKey) -> Shape:
    """An API key without its secret."""
    return {
        "id": key.id,
        "chatbot_id": key.chatbot_id,
        "name": key.name,
        "last4": key.last4,
        "allowlist": list(key.allowlist),
        "created_at": moment(key.created_at),
        "last_used_at": moment(key.last_used_at) if key.HasField("last_used_at") else None,
        "expires_at": moment(key.expires_at) if key.HasField("expires_at") else None,
        "status": word(auth_pb2.ApiKeyStatus.Name(key.status), "API_KEY_STATUS_"),
    }


def audit_event(event: auth_pb2.AuditEvent) -> Shape:
    """A change that somebody made."""
    return {
        "id": event.id,
        "created_at": precise_moment(event.created_at_ms),
        "actor": event.actor or None,
        "action": event.action,
        "account_id": event.account_id,
        "chatbot_id": event.chatbot_id or None,
        "api_key_id": event.api_key_id or None,
        "request_id": event.request_id or None,
        "details": dict(sorted(MessageToDict(event.details).items())),
    }


def source(source: retrieval_pb2.Source) -> Shape:
    """A source."""
    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "passages": source.passages,
        "status": word(retrieval_pb2.SourceStatus.Name(source.status), "SOURCE_STATUS_"),
        "size_bytes": source.size_bytes,
        "created_at": moment(source.created_at),
        "updated_at": moment(source.updated_at),
        "error": source.error or None,
        "ingest": ingest(source.ingest) if source.HasField("ingest") else None,
        "origin": _origin(source.origin),
    }


def ingest(ingest: retrieval_pb2.Ingest) -> Shape:
    """Content on its way into the index."""
    return {
        "working": ingest.working,
        "passages_done": ingest.passages_done,
        "passages_all": ingest.passages_all or None,
        "accepted_at": moment(ingest.accepted_at),
    }


def _origin(text: str) -> Shape | None:
    """Where a source was read: what this command line wrote down, or the words of another client."""
    try:
        value = json.loads(text or "null")
    except (ValueError, RecursionError):
        value = text
    return value if isinstance(value, dict | None) else {"kind": "other", "text": text}


def qa_pair(pair: retrieval_pb2.QaPair) -> Shape:
    """A question-and-answer pair."""
    return {
        "id": pair.id,
        "question": pair.question,
        "answer": pair.answer,
        "url": pair.url or None,
        "title": pair.title or None,
        "created_at": moment(pair.created_at),
    }


def usage(usage: quota_pb2.GetUsageResponse) -> Shape:
    """What an account has used; `credits_remaining` and `credits_per_month` are null when credits are unlimited."""
    return {
        "month": usage.month,
        "credits_used": usage.credits_used,
        "credits_reserved": usage.credits_reserved,
        "credits_remaining": usage.credits_remaining if usage.HasField("credits_remaining") else None,
        "credits_granted": usage.credits_granted,
        "credits_per_month": usage.credits_per_month if usage.HasField("credits_per_month") else None,
        "chatbots": [
            {
                "chatbot_id": chatbot.chatbot_id,
                "credits_used": chatbot.credits_used,
                "requests_today": chatbot.requests_today,
                "requests_per_day": chatbot.requests_per_day,
            }
            for chatbot in usage.chatbots
        ],
    }


def ledger_entry(entry: quota_pb2.LedgerEntry) -> Shape:
    """A row of the credit ledger."""
    decided = precise_moment(entry.decided_at_ms) if entry.HasField("decided_at_ms") else None
    return {
        "id": entry.id,
        "chatbot_id": entry.chatbot_id,
        "api_key_id": entry.api_key_id,
        "channel": entry.channel,
        "request_id": entry.request_id,
        "amount": entry.amount,
        "state": word(quota_pb2.LedgerState.Name(entry.state), "LEDGER_STATE_"),
        "created_at": precise_moment(entry.created_at_ms),
        "decided_at": decided,
        "expires_at": precise_moment(entry.expires_at_ms),
        "note": entry.note,
        "granted_by": entry.granted_by,
    }


def ledger_drift(drift: quota_pb2.LedgerDrift) -> Shape:
    """A sum of the ledger that is not that of its rows."""
    return {
        "account_id": drift.account_id,
        "chatbot_id": drift.chatbot_id or None,
        "period": drift.period,
        "what": drift.what,
        "recorded": drift.recorded,
        "actual": drift.actual,
    }


def session(session: chat_pb2.Session) -> Shape:
    """A conversation."""
    return {
        "id": session.id,
        "turns": session.turns,
        "created_at": moment(session.created_at),
        "last_used_at": moment(session.last_used_at),
    }


def turn(turn: chat_pb2.Turn) -> Shape:
    """A question and its answer."""
    return {
        "question": turn.question,
        "answer": turn.answer,
        "source_urls": list(turn.source_urls),
        "created_at": precise_moment(turn.created_at_ms),
        "request_id": turn.request_id,
        "broken_off": turn.broken_off,
    }


def passage(passage: retrieval_pb2.Passage, *, sentences: bool) -> Shape:
    """A passage with the signals behind its rank."""
    scores = passage.scores
    shape: Shape = {
        "id": passage.id,
        "source_id": passage.source_id,
        "url": passage.url,
        "title": passage.title,
        "headings": list(passage.headings),
        "text": passage.text,
        "scores": {
            "fused": scores.fused,
            "lexical": scores.lexical if scores.HasField("lexical") else None,
            "vector": scores.vector if scores.HasField("vector") else None,
            "sentence": scores.sentence if scores.HasField("sentence") else None,
        },
    }
    if sentences:
        shape["sentences"] = [
            {
                "text": sentence.text,
                "vector": sentence.vector if sentence.HasField("vector") else None,
                "lexical": sentence.lexical,
            }
            for sentence in passage.sentences
        ]
    return shape
