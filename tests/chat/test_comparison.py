"""What a replay says is different, and because of which source."""

from dataclasses import replace
from typing import Any

from services.chat.comparison import Difference, compare
from services.chat.passages import Passage, SearchResult, Source
from services.chat.sessions import TracedTurn, Turn
from services.chat.trace import Maker, Trace
from tests.each import for_each

URL, OTHER = "https://a.example/a", "https://a.example/b"


def passage(url: str, text: str, title: str = "") -> Passage:
    return Passage(Source(url, title or url[-1]), text, 1.0, id=f"psg_{text}", source_id=f"src_{url[-1]}")


A, B, NEW_A = passage(URL, "Twelve euros."), passage(OTHER, "30 days."), passage(URL, "Thirteen euros.")


def answered(*passages: Passage, cited: tuple[int, ...] = (1,), of: Any = (), **turn: Any) -> TracedTurn:
    """An answer that rests on these; `of`: fields of its trace."""
    trace = Trace(maker=Maker.EXTRACTIVE, threshold=0.4)
    trace.found(SearchResult(passages))
    trace.cite(cited)
    for name, value in dict(of).items():
        setattr(trace, name, value)
    urls = tuple(passages[number - 1].source.url for number in cited)
    return TracedTurn("bot_1", "s", Turn(**{"question": "q", "answer": "a", "source_urls": urls} | turn, **WHEN), trace)


WHEN: Any = {"request_id": "r", "completed_ms": 1}


def told(then: TracedTurn, now: TracedTurn) -> tuple[str, list[str]]:
    """The differences, and the sources that are their cause."""
    found = compare(then, now)
    words = " ".join(each.name.lower() for each in found.differences)
    assert found.is_changed == bool({Difference.ANSWER, Difference.SOURCES} & {*found.differences})
    return words, [cause.title for cause in found.causes]


@for_each(
    "then, now, differences, causes",
    [
        # Each reading gives new ids, and other pages move the scores: neither is a difference.
        (answered(A, B), answered(A._replace(id="psg_new", fused=0.1), B), "", []),
        (answered(A, B), answered(B, A, cited=(2,)), "", []),
        (answered(A, B), answered(NEW_A, B, answer="b"), "answer passages", ["a"]),
        # A passage that came in and is not cited is not why, where a cited one has changed.
        (answered(A, B), answered(NEW_A, passage(OTHER, "31 days."), answer="b"), "answer passages", ["a"]),
        (answered(A), answered(A, B, cited=(2,)), "sources passages", ["b"]),
        (answered(A, B), answered(A, NEW_A, answer="b"), "answer passages", ["b", "a"]),
        (answered(A, B), answered(A, NEW_A), "passages", []),
        # The cited page has other text, and the answer is the same: it rests on lines that stayed.
        (answered(A, B), answered(NEW_A, B), "passages", []),
        # Nothing of the sources has changed: it is the wording, the instructions, the model.
        (answered(A), answered(A, answer="b"), "answer", []),
        (
            answered(A, of={"maker": Maker.MODEL, "model": "m", "prompt_version": "1"}),
            answered(A, of={"maker": Maker.MODEL, "model": "n", "prompt_version": "2"}, answer="b"),
            "answer model prompt",
            [],
        ),
        (answered(A), answered(A, of={"maker": Maker.FALLBACK, "threshold": 0.9}), "maker threshold", []),
        (answered(A), answered(NEW_A, of={"qa_pair_id": "qa_1"}, answer="b"), "answer passages pair", []),
        (
            answered(A, cited=(), of={"maker": Maker.PAIR, "qa_pair_id": "qa_1"}),
            answered(A, cited=(), of={"maker": Maker.PAIR, "qa_pair_id": "qa_1"}, answer="b"),
            "answer pair",
            [],
        ),
        # What had not left when it broke off can't be another.
        (answered(A, cited=(), answer="Twe", broken_off=True), answered(A, answer="Twelve."), "", []),
        (answered(A, cited=(), answer="Thi", broken_off=True), answered(A, answer="Twelve."), "answer", []),
    ],
)
def test_what_is_different_and_because_of_what(
    then: TracedTurn, now: TracedTurn, differences: str, causes: list[str]
) -> None:
    assert told(then, now) == (differences, causes)


def test_a_passage_that_changes_after_its_beginning_is_another() -> None:
    long = passage(URL, "x" * 400 + " Twelve.")
    changed = passage(URL, "x" * 400 + " Thirteen.")
    found = compare(answered(long), answered(changed, answer="b"))
    assert [[one.passage_id for one in moved] for moved in (found.passages_out, found.passages_in)] == [
        [long.id],
        [changed.id],
    ]


def test_what_earlier_versions_kept_is_compared_as_far_as_it_goes() -> None:
    old = answered(A, B)
    assert old.trace is not None
    for one in old.trace.passages:
        one.digest = ""
    assert told(old, answered(A, B)) == ("", [])
    assert told(old, answered(NEW_A, B, answer="b")) == ("answer passages", ["a"])
    assert told(replace(old, trace=None), answered(NEW_A, answer="b")) == ("answer", [])
