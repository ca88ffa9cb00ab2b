"""The marks around models' thoughts, and those of chat formats that servers let through.

One table, without case. Openings count only where an answer begins: later on they are text.
"""

import re
from collections.abc import Iterable

_NAMES = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "scratchpad", "seed:think")
CLOSING_OF = {
    **{f"<{name}>": f"</{name}>" for name in _NAMES},
    "◁think▷": "◁/think▷",
    "[think]": "[/think]",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|end_thinking|>",
}
CLOSINGS = frozenset(CLOSING_OF.values())
SPOKEN_OF = frozenset({*CLOSING_OF, "<s>"})

# Harmony: what stands between one of these and a message names its channel; `final` is the answer.
HEADS = frozenset({"<|start|>", "<|channel|>"})
MESSAGE = "<|message|>"
MAXIMUM_HEADER = 200
THOUGHT_CHANNELS = ("analysis", "commentary")
_HEAD_NAMES = (*THOUGHT_CHANNELS, "final", "assistant", "user", "system", "developer", "tool", "functions")
_HEAD = re.compile(
    r"(?:<\|start\|>\s*([a-z]*)\S*)?\s*(?:<\|channel\|>\s*([a-z]*))?(?:\s*to=\S*)?(?:\s*<\|constrain\|>\s*\w*)?\s*",
    re.IGNORECASE,
)
MESSAGE_ENDS = frozenset({"<|end|>", "<|return|>", "<|call|>"})

# Around the answer itself. `<s>` amid an answer is HTML, and so is its end then.
ANSWER_BEGINS = frozenset({MESSAGE, "<s>", "<|start_response|>", "<|begin_of_solution|>"})
ENDS = MESSAGE_ENDS | {
    "</s>",
    "<eos>",
    "<end_of_turn>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eot|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|end_of_turn|>",
    "<|end_of_solution|>",
    "<|end_response|>",
    "<｜end▁of▁sentence｜>",
}
# A model that goes on after its end speaks for somebody else.
NEXT_TURN = frozenset({"<|im_start|>", "<|start_header_id|>", "<start_of_turn>"})

_ALL = frozenset({*CLOSING_OF, *CLOSINGS, *HEADS, *ANSWER_BEGINS, *ENDS, *NEXT_TURN})
_LONGEST = max(map(len, _ALL))
_BEGINNINGS = frozenset(mark[:length] for mark in _ALL for length in range(1, len(mark)))
# So much after a closing mark tells whether it is spoken of.
LOOK_AHEAD = 2
_BEFORE_A_MENTION = re.compile(r"(?:[\"'“‘«(]|[\w,;][ \t])\Z")
_AFTER_A_MENTION = re.compile(r"[\"'”’»),;.]|[ \t][a-zß-öø-ÿ]")


def _any_of(marks: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))


MARK = re.compile(_any_of(_ALL), re.IGNORECASE)
MAY_BEGIN = re.compile("[<[◁]")
ENDS_AND_SPACE = re.compile(rf"(?:\s|{_any_of(ENDS)}){{1,40}}", re.IGNORECASE)


def unfinished_from(text: str, start: int) -> int:
    """Where the text, from `start` on, ends with the beginning of a mark; else its length."""
    for found in MAY_BEGIN.finditer(text, max(start, len(text) - _LONGEST)):
        if text[found.start() :].lower() in _BEGINNINGS:
            return found.start()
    return len(text)


def message_in(text: str, start: int, end: int) -> re.Match[str] | None:
    """The first mark of a message between the two."""
    return next((found for found in MARK.finditer(text, start, end) if found.group().lower() == MESSAGE), None)


def is_head(text: str, *, cut: bool) -> bool:
    """Whether a text is the head of a channel whose message has not come yet."""
    found = _HEAD.fullmatch(text)
    if found is None:
        return False
    last = (found[1] or "" if found[2] is None else found[2]).lower()
    return any(name.startswith(last) for name in _HEAD_NAMES) if cut else last in _HEAD_NAMES


def is_mention(before: str, text: str, end: int) -> bool:
    """Whether a closing mark that ends at `end` is spoken of, amid a sentence or in quotes."""
    return bool(_BEFORE_A_MENTION.search(before) and _AFTER_A_MENTION.match(text, end))
