"""The version of the prompt, which changes with it, so that answers can be compared."""

import hashlib
import json

from services.chat.answerers.answerer import PastTurn
from services.chat.answerers.model import model_follow_ups
from services.chat.answerers.model.prompt import PROMPT_VERSION, Prompt
from services.chat.answerers.model.token_count import estimated_tokens

from .model_harness import question

# A version that was given stays as it was: a change of the prompt adds a line with a new one.
DIGESTS = {
    "2026-11-23": "dd2cb443de1ecba1",
    "2026-11-29": "5cc499030123139c",
}


def digest() -> str:
    """The digest of all prompts for a question that has everything, and one that has little."""
    prompt = Prompt(8000, estimated_tokens, lambda _: "c0de")
    history = (PastTurn("Open on Sundays?", "No."),)
    full = question(instructions="Be brief.", fallback="Ask us.", history=history)
    rewriting = model_follow_ups._messages("And then?", history)
    told = [prompt.messages(full), prompt.messages(question(passages=full.passages[:1])), rewriting]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def test_the_prompt_of_this_version_is_what_it_was() -> None:
    assert digest() == DIGESTS.get(PROMPT_VERSION), "the prompt has changed: give it a new PROMPT_VERSION, and add that"


def test_no_two_versions_are_the_same_prompt() -> None:
    assert len(set(DIGESTS.values())) == len(DIGESTS)
    assert list(DIGESTS)[-1] == PROMPT_VERSION
