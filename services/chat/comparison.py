"""What is different between an answer as it was given and the one that is given now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from operator import attrgetter

from services.chat.sessions import TracedTurn
from services.chat.trace import Maker, Trace, TracedPassage


class Difference(Enum):
    """Something that is different; see `ReplayDifference` in replay.proto."""

    ANSWER = auto()
    SOURCES = auto()
    PASSAGES = auto()
    MAKER = auto()
    PAIR = auto()
    MODEL = auto()
    PROMPT = auto()
    THRESHOLD = auto()


@dataclass(frozen=True, slots=True)
class Cause:
    """A source that an answer changed for."""

    source_id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that is different. Passages are in the order in which they were found."""

    differences: tuple[Difference, ...] = ()
    passages_in: tuple[TracedPassage, ...] = ()
    passages_out: tuple[TracedPassage, ...] = ()
    causes: tuple[Cause, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether users would read something else."""
        return not {Difference.ANSWER, Difference.SOURCES}.isdisjoint(self.differences)


def compare(then: TracedTurn, now: TracedTurn) -> Comparison:
    """What is different now. Without a trace of then, only what users read is compared."""
    said = tuple(_said(then, now))
    if then.trace is None or now.trace is None:
        return Comparison(said)
    come, gone = _moved(then.trace, now.trace)
    made = tuple(_made(then.trace, now.trace, is_changed=bool(said), is_moved=bool(come or gone)))
    # The answer of a pair rests on no passage.
    by_sources = bool(said) and Difference.PAIR not in made
    return Comparison((*said, *made), come, gone, _causes((*gone, *come)) if by_sources else ())


def _said(then: TracedTurn, now: TracedTurn) -> Iterable[Difference]:
    if then.turn.broken_off:
        # Its sources were not reached.
        if not now.turn.answer.startswith(then.turn.answer):
            yield Difference.ANSWER
        return
    if then.turn.answer != now.turn.answer:
        yield Difference.ANSWER
    if then.turn.source_urls != now.turn.source_urls:
        yield Difference.SOURCES


def _made(then: Trace, now: Trace, *, is_changed: bool, is_moved: bool) -> Iterable[Difference]:
    if is_moved:
        yield Difference.PASSAGES
    if then.maker is not now.maker:
        yield Difference.MAKER
    if then.qa_pair_id != now.qa_pair_id or (now.qa_pair_id and is_changed):
        yield Difference.PAIR
    if then.maker is now.maker is Maker.MODEL:
        if then.model != now.model:
            yield Difference.MODEL
        if then.prompt_version != now.prompt_version:
            yield Difference.PROMPT
    if None not in (then.threshold, now.threshold) and then.threshold != now.threshold:
        yield Difference.THRESHOLD


def _moved(then: Trace, now: Trace) -> tuple[tuple[TracedPassage, ...], tuple[TracedPassage, ...]]:
    """Passages that came, and those that are gone.

    New content of a source gives all of its passages other ids.
    """
    has_digests = all(passage.digest for passage in then.passages)
    same: Callable[[TracedPassage], object] = attrgetter("url", "digest" if has_digests else "excerpt")
    known, found = set(map(same, then.passages)), set(map(same, now.passages))
    come = tuple(passage for passage in now.passages if same(passage) not in known)
    gone = tuple(passage for passage in then.passages if same(passage) not in found)
    return come, gone


def _causes(moved: tuple[TracedPassage, ...]) -> tuple[Cause, ...]:
    cited = [passage for passage in moved if passage.cited]
    causes = {one.url or one.source_id: Cause(one.source_id, one.url, one.title) for one in cited or moved}
    return tuple(causes.values())
