"""Texts cut into pieces, for whatever must not care how they are cut."""

import itertools
from collections.abc import Iterable
from typing import Protocol

from hypothesis import strategies as st


class Stage(Protocol):
    """A step that a text takes on its way out."""

    def feed(self, text: str) -> str: ...

    def finish(self) -> str: ...


def through(stage: Stage, pieces: Iterable[str]) -> str:
    """What a stage makes of a text that comes in pieces."""
    return "".join([*(stage.feed(piece) for piece in pieces), stage.finish()])


def cut(text: str, cuts: Iterable[int]) -> list[str]:
    """The text, cut at each of `cuts` modulo its length."""
    edges = sorted({0, len(text), *(at % (len(text) + 1) for at in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(edges)]


CUTS = st.lists(st.integers(0, 10_000), max_size=30)


def step_by_step(stage: Stage, pieces: str) -> str:
    """What a stage says at each of the pieces; `|` parts them, before and after."""
    return "|".join(map(stage.feed, pieces.split("|")))
