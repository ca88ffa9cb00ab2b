"""What a model thinks aloud, in whatever form, is not said; what speaks of such forms is."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.thought_marks import ANSWER_BEGINS, CLOSING_OF, ENDS, HEADS, NEXT_TURN
from services.chat.answerers.model.thoughts import Thoughts
from tests.each import for_each
from tests.promptness import is_once_within

from .pieces_of import CUTS, cut, step_by_step, through

HARMONY = (
    "<|channel|>analysis<|message|>Hm. <b>1 < 2</b><|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>"
)

# Written, and said whether or not somebody reads along.
MARKED = [
    *((f"{opening}Hm.\nWell{closing}\n\nYes.", "Yes.") for opening, closing in CLOSING_OF.items()),
    *((f"{opening.upper()}Hm.{closing.upper()} Yes.", "Yes.") for opening, closing in CLOSING_OF.items()),
    ("\n <think></think>Yes. <think>x</think>", "Yes. <think>x</think>"),
    ("<Think>a</THINK>\n<thinking>b</thinking>\n[THINK]c[/THINK]Yes.", "Yes."),
    ("<think>a</think></think>\nYes.", "Yes."),
    ("</think>\n\nYes.", "Yes."),
    ("<think>without end", ""),
    ("<think>a</think>Yes.</think>", "Yes."),
    ("<think>It asks about ```</think>Yes.", "Yes."),
    (HARMONY, "Yes."),
    (HARMONY.replace("<|channel|>analysis", "<|start|>assistant<|channel|>commentary to=x"), "Yes."),
    ("<|channel|>final<|message|>Yes.<|end|>", "Yes."),
    ("<|channel|>analysis<|message|>a<|end|><|channel|>analysis<|message|>b<|end|><|channel|>final<|message|>Y", "Y"),
    ("<|channel|>analysis<|message|>without end", ""),
    *((f"Yes.{end}", "Yes.") for end in sorted(ENDS)),
    ("Yes.<|end|><|start|>assistant", "Yes."),
    ("Yes.<|channel|>analysis", "Yes."),
    ("Yes.</s>\n<|im_end|>\n", "Yes."),
    ("Yes.<|im_end|>\n<|im_start|>user\nAnd now?", "Yes."),
    ("<s>Yes.</s>", "Yes."),
    ("<|START_THINKING|>Hm<|END_THINKING|><|START_RESPONSE|>Yes.<|END_RESPONSE|>", "Yes."),
]
SPOKEN_OF = [
    "Use `<thinking>` to think.",
    "The <thinking> tag opens it.",
    "Write <thinking>your thoughts</thinking> around it.",
    "To end it, write </think> on a line.",
    'Close it with "</think>" (or `</think>`).',
    "```xml\n<think>a</think>\n</think>\n```\nThat is all.",
    "It was <s>20 €</s> 10 €, and <s>5 €</s>",
    "Of x</s> nothing is struck.",
    "`Yes.</s>`",
    "A <|im_end|> b",
    "The head <|channel|> is one of them, " + "and so on " * 30,
    "The head is <|channel|>, and no more of it.",
    "Between <|start|> and <|channel|>: `</think>` stands there.",
    "The mark is <|channel|>",
    "Yes <think>x</think>",
    "1 < 2 [3] <b>x</b> ◁ [THE] <thing>",
    "<thi",
    "<",
    " \n",
    "",
]


@for_each("hold", [False, True])
@for_each(("written", "said"), [*MARKED, *((text, text) for text in SPOKEN_OF)])
def test_thoughts_are_not_said_and_what_speaks_of_them_is(written: str, said: str, hold: bool) -> None:
    assert through(Thoughts(hold=hold), [written]) == said
    assert through(Thoughts(hold=hold), written) == said


# Without its opening mark a thought is known by its end: written, said where it can be taken back, and where not.
UNMARKED = [
    ("Hm.\nWell.\n</think>\n\nYes.", "Yes.", "Hm.\nWell.\n\n\nYes."),
    ("Hm.</THINKING>Yes.", "Yes.", "Hm.Yes."),
    ("Hm.◁/think▷Yes.", "Yes.", "Hm.Yes."),
    ("Hm.</think>\n<think>more</think>\nYes.", "Yes.", "Hm.\nYes."),
    ("Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "Yes.", "Hm.Yes."),
    ("A thought of `x.</think>Yes.", "Yes.", None),
]


@for_each(("written", "taken_back", "shown"), UNMARKED)
def test_a_missing_opening_is_learnt_and_what_nobody_has_read_is_taken_back(
    written: str, taken_back: str, shown: str | None
) -> None:
    for pieces in ([written], list(written)):
        if shown is not None:
            held, streamed = Thoughts(hold=True), Thoughts()
            assert (through(held, pieces), held.was_implied) == (taken_back, True)
            assert (through(streamed, pieces), streamed.was_implied) == (shown, True)
        assert through(Thoughts(implied=True), pieces) == taken_back


@for_each(
    ("written", "said", "was_implied"),
    [
        ("Yes.", "Yes.", False),
        ("<think>Hm.</think>Yes.", "Yes.", False),
        ("Hm.</think>", "", True),
        ("Hm. Write </think> and go on.", "and go on.", True),
    ],
)
def test_what_was_learnt_is_unlearnt_by_the_first_answer_without(written: str, said: str, was_implied: bool) -> None:
    thoughts = Thoughts(implied=True)
    assert (through(thoughts, written), thoughts.was_implied) == (said, was_implied)


def test_a_mark_that_is_left_over_at_the_end_takes_no_answer_back() -> None:
    thoughts = Thoughts(hold=True)
    assert (through(thoughts, ["Yes.</think>\n"]), thoughts.was_implied) == ("Yes.", None)


def test_of_an_answer_that_is_cut_off_a_known_thought_is_not_said_and_half_a_mark_neither() -> None:
    for thoughts, said in ((Thoughts(implied=True), ""), (Thoughts(hold=True), "Hm."), (Thoughts(), "Hm.")):
        assert thoughts.feed("Hm.</thi") + thoughts.finish(cut=True) == said


@for_each(
    ("written", "said"),
    [
        ("Of <|channel|> and what comes", "Of <|channel|> and what comes"),
        ("Of <|start|> it tells </thi", "Of <|start|> it tells "),
        ("Yes.<|start|>assis", "Yes."),
        ("Yes.<|start|>assistant<|channel|>ana", "Yes."),
        ("Yes.<|channel|>", "Yes."),
    ],
)
def test_of_an_answer_that_is_cut_off_only_a_head_is_left_out(written: str, said: str) -> None:
    for hold in (False, True):
        for pieces in ([written], list(written)):
            thoughts = Thoughts(hold=hold)
            assert "".join(map(thoughts.feed, pieces)) + thoughts.finish(cut=True) == said


def test_thoughts_are_not_collected() -> None:
    thoughts = Thoughts()
    thoughts.feed("<think>")
    for _ in range(100):
        thoughts.feed("x" * 1000)
    assert len(thoughts._rest) < 30


def test_a_token_is_said_when_it_comes() -> None:
    assert step_by_step(Thoughts(), "Within| 14| <|b> days| [|1]") == "Within| 14| |<b> days| |[1]"


_TEXTS = [*"<>[]|/`\n ", "Yes", " word.", "```\n", '"', "final", "analysis", "</THINK>", "Ünï◁", "x" * 150]
_PARTS = st.lists(
    st.sampled_from([*CLOSING_OF, *CLOSING_OF.values(), *ENDS, *HEADS, *NEXT_TURN, *ANSWER_BEGINS, *_TEXTS]),
    max_size=25,
).map("".join)


@settings(deadline=None)
@given(_PARTS, CUTS, st.booleans(), st.booleans())
def test_how_the_text_is_cut_changes_nothing(text: str, cuts: list[int], implied: bool, hold: bool) -> None:
    whole = through(Thoughts(implied=implied, hold=hold), [text])
    assert through(Thoughts(implied=implied, hold=hold), cut(text, cuts)) == whole
    assert through(Thoughts(implied=implied, hold=hold), text) == whole


@for_each("piece", ["<think>", "</think>", "</s>", "<|channel|>", "<", "[", "</s> ", "`</think>"])
@for_each("size", [3, 50_000])
def test_no_text_takes_long_to_read(piece: str, size: int) -> None:
    text = (piece * 50_000)[:50_000]

    def seconds() -> float:
        thoughts, began = Thoughts(hold=True), time.thread_time()
        through(thoughts, [text[start : start + size] for start in range(0, len(text), size)])
        return time.thread_time() - began

    is_once_within(2, seconds)
