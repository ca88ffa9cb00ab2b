"""Every client gives up, with all its tries and waits, before its own caller does.

Else the caller gives up first: what the client would have done without its answer, such as a search by words, is
never done, and every request is answered 504.
"""

import dataclasses

from services.auth.clients.quota import DEADLINE_SECONDS
from services.auth.doors.question import LIMIT_SECONDS
from services.chat.answerers.model.model_follow_ups import SECONDS as FOLLOW_UP_SECONDS
from services.chat.answerers.model.providers import RetryPolicy
from services.chat.answerers.model.reply import Timeouts
from services.chat.clients.quota import RESERVE, SETTLE
from services.chat.clients.retrieval import SEARCH
from services.chat.search import SECONDS as FINDING_SECONDS
from services.chat.turn_recorder import TAKING_BACK_SECONDS
from services.cli.calls.credentials import CALL_SECONDS
from services.cli.calls.public_endpoint import SILENCE_SECONDS
from services.cli.documents.upload import UPLOAD_SECONDS
from services.cli.up.local_stack import READY_SECONDS
from services.config.settings import load_settings
from services.contract import PING_SECONDS
from services.database.postgres import LONG_SECONDS
from services.edge.config import EdgeSettings
from services.retrieval.embedders.patience import OPENING_PATIENCE, PASSAGE_PATIENCE, QUERY_PATIENCE
from tests.each import for_each

SETTINGS = load_settings({})
EDGE = {field.name: field.default for field in dataclasses.fields(EdgeSettings)}
UNARY, CHECK = float(EDGE["unary_timeout_seconds"]), float(EDGE["check_timeout_seconds"])
TRANSACTION = SETTINGS.database_timeout_ms / 1000
# What reads asks once more on a connection that turns out to be broken.
LOOK_UP = 2 * TRANSACTION
INDEX = SETTINGS.qdrant_timeout_ms / 1000
REDIS = SETTINGS.redis_timeout_ms / 1000
# One after the other: the language; the question's vector; two rankings and the passages' texts; their sentences.
A_SEARCH = TRANSACTION + QUERY_PATIENCE.seconds + 2 * INDEX + TRANSACTION + INDEX
# After the first text, more of them tell the scale of the model; once, for they can be had later.
MEASURING = OPENING_PATIENCE.timeout
MODEL, AGAIN = Timeouts(), RetryPolicy()
CONNECTING = AGAIN.attempts * MODEL.connect + (AGAIN.attempts - 1) * AGAIN.longest_wait
# Another reservation is tried when the first one is lost.
BEFORE_AN_ANSWER = TRANSACTION + max(2 * RESERVE.seconds, FOLLOW_UP_SECONDS + FINDING_SECONDS)
AFTER_AN_ANSWER = TRANSACTION + SETTLE.seconds + TAKING_BACK_SECONDS


@for_each(
    ("client", "seconds", "above"),
    [
        ("a question's vector, before words answer instead", QUERY_PATIENCE.seconds, 2.0),
        ("a search of Retrieval, for Chat", A_SEARCH, SEARCH.deadline),
        ("a search with its tries, for the searches of a question", SEARCH.seconds, FINDING_SECONDS),
        ("a reservation of Quota, for Chat", TRANSACTION, RESERVE.deadline),
        ("a charge of Quota, for Chat", TRANSACTION, SETTLE.deadline),
        ("Auth's look at a key, for the edge", LOOK_UP + DEADLINE_SECONDS, CHECK),
        ("Auth's look at a key and its minute, for the edge", LOOK_UP + LIMIT_SECONDS, CHECK),
        ("a minute window in Redis, for the edge", REDIS, CHECK),
        ("a minute window in Redis, for Auth", REDIS, DEADLINE_SECONDS),
        ("a model that can't be reached, twice, and the one behind it", 2 * CONNECTING, UNARY),
        ("an answer that begins at the last moment", BEFORE_AN_ANSWER + MODEL.first_token + AFTER_AN_ANSWER, UNARY),
        ("a ping, for the edge", PING_SECONDS, float(EDGE["stream_idle_seconds"])),
        ("an answer from the edge, for the command line", UNARY, SILENCE_SECONDS),
        ("a part of a source, for the command line", PASSAGE_PATIENCE.seconds + LONG_SECONDS, UPLOAD_SECONDS),
        ("a question with a fixed answer, for the command line", QUERY_PATIENCE.seconds + TRANSACTION, CALL_SECONDS),
        ("an embedder at the start, for `chatmount up`", OPENING_PATIENCE.seconds + MEASURING, READY_SECONDS),
    ],
)
def test_a_client_gives_up_before_its_caller_does(client: str, seconds: float, above: float) -> None:
    assert seconds < above, client


def test_a_patience_counts_every_try_and_wait() -> None:
    assert PASSAGE_PATIENCE.seconds == 6 * 60 + 5 * 30
    assert RESERVE.seconds == 3.0 + 0.15 + 3.0
    assert SETTLE.seconds == 5.0 + 2.0, "no try begins after the total"
    assert SEARCH.seconds == 2.0 + 10.0
