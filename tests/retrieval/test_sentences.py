"""Where sentences end."""

from hypothesis import given
from hypothesis import strategies as st

from services.retrieval.text.sentences import split_sentences
from tests.each import for_each


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@for_each(
    "expected",
    [
        ["It is here.", "Go there!", "Why?", "Because…"],
        ["Dr. Smith paid $3.50 on Jan. 5 at St. Mary's.", "He left."],
        ["He moved to Washington, D.C.", "The house stood there."],
        ["The U.S. Army owns it."],
        ["Use e.g. Fig. 3, i.e. the map.", "Then stop."],
        ["J. R. R. Tolkien wrote it.", "I agree."],
        ['She said "Stop."', "He did (at once.)", "Then he left."],
        ["Call 1.800.555.0199 or write to a.b@example.com.", "Version 2.0 is out."],
        ["Bring bread, milk, etc.", "The shop is open."],
        ["Open from 9 a.m. to 5 p.m. daily."],
        ["Is it?!", "Yes."],
        ["So am I.", "You too?"],
        ["No.", "A driver may not.", "No. 5 is alive.", "“No.”", "Why?"],
        ['It ends in "… [This was cut.]", and costs one.', "Then it rains… (so they say.)", "Wait…", "It may."],
        ["Am 3. Mai endet die Frist, d. h. bzw. ca. 14 Tage danach.", "Die Nr. 5 gilt, z. B. Abs. 2.", "Es waren 14."],
        ["M. Dupont et Mme. Petit habitent au 3 av. Foch.", "Écrivez-leur."],
        ["La Sra. López vive en la pág. 4.", "¿Dónde está?", "¡Aquí!"],
    ],
)
def test_prose(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_chinese_and_japanese_need_no_spaces() -> None:
    assert sentences("これは文です。次の文！「終わり。」はい？") == [
        "これは文です。",
        "次の文！",
        "「終わり。」",
        "はい？",
    ]


def test_a_line_is_never_one_sentence_with_the_next() -> None:
    assert sentences("Heading\nText without end\n\n- First. Second.\n1. Open it. Close it.") == [
        "Heading",
        "Text without end",
        "- First.",
        "Second.",
        "1. Open it.",
        "Close it.",
    ]


def test_code_stays_whole_and_keeps_its_indentation() -> None:
    text = "Run this:\n\n    make run. Now\n\n    make test\nDone."
    assert sentences(text) == ["Run this:", "    make run. Now\n\n    make test", "Done."]


@given(st.text())
def test_sentences_are_in_order_apart_and_lose_no_character(text: str) -> None:
    spans = split_sentences(text)
    covered = set()
    previous = 0
    for start, end in spans:
        assert previous <= start < end
        previous = end
        covered.update(range(start, end))
    assert all(text[place].isspace() for place in range(len(text)) if place not in covered)
