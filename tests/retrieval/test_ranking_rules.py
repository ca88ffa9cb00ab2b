"""Fusion, the context of a conversation, wording, origins: rules that need no parts."""

import numpy as np
import pytest

from services.errors import ChatmountError
from services.ids import new_id
from services.retrieval.index.index import Candidates, Signals
from services.retrieval.index.point_ids import entry_id, point_id
from services.retrieval.ingest.source_fields import clean_name, clean_url, fallback_title
from services.retrieval.search.fusion import fuse, ranked
from services.retrieval.search.qa_pairs import normalised
from services.retrieval.search.retriever import CONTEXT_TOKENS, with_turns
from services.retrieval.text.token_estimate import estimate_tokens


def candidates(*signals: tuple[list[float], list[float], list[float]]) -> Candidates:
    count = len(signals[0][0])
    arrays = (Signals(*(np.array(values) for values in one)) for one in signals)
    return Candidates(tuple(f"psg_{number}" for number in range(count)), tuple(arrays))


def test_a_passage_that_leads_in_all_signals_leads() -> None:
    given = candidates(([1, 5, 0], [0.1, 0.6, 0.2], [0.2, 0.7, 0.1]))
    fused = fuse(given)
    assert ranked(fused)[0] == 1
    assert fused.lexical.tolist() == [1, 5, 0]


def test_no_common_word_means_nothing_from_that_signal() -> None:
    fused = fuse(candidates(([0, 0, 3, 4], [0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])))
    assert fused.score[0] == fused.score[1] == pytest.approx(1.0)
    assert fused.score[3] > fused.score[2] > fused.score[0]


def test_signals_count_alike_whatever_their_scale() -> None:
    small = fuse(candidates(([1, 2, 3], [0.3, 0.2, 0.1], [0.1, 0.1, 0.1]))).score
    large = fuse(candidates(([10, 20, 30], [0.3, 0.2, 0.1], [0.1, 0.1, 0.1]))).score
    np.testing.assert_allclose(small, large)


def test_two_queries_count_half_each() -> None:
    alone, together = ([4.0, 0.0], [0.8, 0.2], [0.8, 0.2]), ([0.0, 9.0], [0.2, 0.8], [0.2, 0.8])
    fused = fuse(candidates(alone, together))
    assert fused.score[0] == pytest.approx(fused.score[1])
    assert fused.vector is not None
    assert fused.vector.tolist() == pytest.approx([0.5, 0.5])


def test_equal_scores_stand_in_the_order_of_their_ids() -> None:
    given = candidates(([1, 1, 1], [0.5] * 3, [0.5] * 3))
    assert ranked(fuse(given)) == [0, 1, 2]


def test_without_vectors_words_alone_count() -> None:
    given = Candidates(("psg_0", "psg_1"), (Signals(np.array([1.0, 2.0]), None, None),))
    fused = fuse(given)
    assert ranked(fused) == [1, 0]
    assert (fused.vector, fused.sentence) == (None, None)


def test_nothing_found_is_nothing_ranked() -> None:
    given = candidates(([], [], []))
    assert ranked(fuse(given)) == []


def test_the_newest_turns_that_fit_stand_before_the_query() -> None:
    assert with_turns("And then?", []) == "And then?"
    assert with_turns("And then?", ["First.", "Second."]) == "First. Second. And then?"
    long = "word " * 100
    kept = with_turns("And then?", ["Oldest.", long, long, "Newest."])
    assert kept.endswith("Newest. And then?")
    assert "Oldest" not in kept
    assert estimate_tokens(kept) <= CONTEXT_TOKENS
    assert with_turns("x " * 1000, ["Turn."]) == "x " * 1000


def test_wording_is_compared_without_case_punctuation_and_spacing() -> None:
    assert normalised(" Do  you—ship?! ") == normalised("do you ship") == "do you ship"
    assert normalised("ＡＢＣ") == "abc"
    assert normalised("???") == "???"


def test_ids_survive_the_way_through_the_engine() -> None:
    for one in [*(new_id("psg") for _ in range(200)), new_id("qa"), "psg_" + "a" * 20, "qa_" + "9" * 20]:
        assert entry_id(point_id(one)) == entry_id(str(point_id(one))) == one
    assert point_id("psg_" + "a" * 20) != point_id("qa_" + "a" * 20)
    for wrong in ("psg_short", "src_" + "a" * 20, "psg_" + "é" * 20, ""):
        with pytest.raises(ValueError, match="not the id"):
            point_id(wrong)


def test_origins() -> None:
    assert clean_name("./docs//a.md") == "docs/a.md"
    assert clean_url("", "docs/a.md") == "file:docs/a.md"
    assert clean_url(" HTTPS://Example.com/A?b#c ", "") == "https://example.com/A?b#c"
    assert clean_url("file:a b.md", "x") == "file:a b.md"
    assert fallback_title("docs/a.md", "") == "a.md"
    assert fallback_title("", "https://example.com/x/page") == "page"
    assert fallback_title("", "https://example.com/") == "example.com"
    with pytest.raises(ChatmountError):
        clean_url("file:", "")
