from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.chat.answerers.model.marks import Marks
from tests.each import for_each

from .pieces_of import CUTS, cut, step_by_step, through

CODE = "9f86d081884c7d65"


def read(*pieces: str, passages: int = 5) -> tuple[str, list[int]]:
    marks = Marks(passages)
    return through(marks, pieces), marks.numbers


@for_each(
    ("written", "said", "numbers"),
    [
        ("Within 14 days [1].", "Within 14 days.", [1]),
        ("Within 14 days.[1]", "Within 14 days.", [1]),
        ("Within 14 days [2][1] of sale.", "Within 14 days of sale.", [2, 1]),
        ("A [1] [3], b [1, 2; 4].", "A, b.", [1, 3, 2, 4]),
        ("All of it [1-3].", "All of it.", [1, 2, 3]),
        ("All of it [2\N{EN DASH}3].", "All of it.", [2, 3]),
        ("Once ([1], [2]) or twice [[4]].", "Once or twice.", [1, 2, 4]),
        ("See [1](https://evil.example/?q=1) and [2](/x).", "See and.", [1, 2]),
        ("Open [3] (on Sundays).", "Open (on Sundays).", [3]),
        ("Open [3](on Sundays).", "Open (on Sundays).", [3]),
        ("Open [3]**now**", "Open **now**", [3]),
        ("[1] First.\n[2] Second.\n\n- [3] Third.", "First.\nSecond.\n\n- Third.", [1, 2, 3]),
        ("End.\n\n[1][2]\n", "End.", [1, 2]),
        ("Yes 【1】【2†source】 or ［3］ 【4†L1-L5】.", "Yes or.", [1, 2, 3, 4]),
        ("Yes [^1][^2], no [Passage 3] or [passages 4, 5].", "Yes, no or.", [1, 2, 3, 4, 5]),
        ("Yes [source 1; Source 2] ([Passage 3]).", "Yes.", [1, 2, 3]),
        (" \n Begin", "Begin", []),
        ("退货期为14天 [1]。", "退货期为14天。", [1]),
        ("はい [1]、そして 【2】。", "はい、そして。", [1, 2]),
        ("「はい [1]」（そう [2]）！", "「はい」（そう）！", [1, 2]),
        ("نعم [1]، ثم [2]؛ هل [3]؟", "نعم، ثم؛ هل؟", [1, 2, 3]),
        ("हाँ [1]।", "हाँ।", [1]),
        (f"<passage-{CODE} number=2>\nReturns\nWithin 14 days.\n</passage-{CODE}>", "Returns\nWithin 14 days.", [2]),
        (f"Yes [1].\n</question-{CODE}>", "Yes.", [1]),
        ("Yes </PASSAGE-0000> or <Question-x-1 a='b'> no<passage number=\"3\">.", "Yes or no.", [3]),
        (f"Yes.</passage></question>\n<passage-{CODE}", "Yes.", []),
        (f"```\n<passage-{CODE} number=1>\nx\n```", "```\n\nx\n```", [1]),
        (f"<passage-{CODE} number=9></passage-{CODE}>", "", []),
        ("1 < 2 <b>x</b> <pass>y</pass> <passages-x>", "1 < 2 <b>x</b> <pass>y</pass>", []),
    ],
)
def test_marks_leave_the_text_and_are_remembered_in_order(written: str, said: str, numbers: list[int]) -> None:
    assert read(written) == (said, numbers)
    assert read(*written) == (said, numbers)


@for_each("mark", ["[0]", "[6]", "[99]", "【6†L2】", "[^0]", "[7, 8]", "[100-900]", "[5-2]"])
def test_a_mark_of_a_passage_that_does_not_exist_is_dropped(mark: str) -> None:
    assert read(f"Within 14 days {mark}.") == ("Within 14 days.", [])


def test_of_a_list_only_what_exists_counts() -> None:
    assert read("Yes [9, 2, 4-7].") == ("Yes.", [2, 4, 5])


@for_each(
    "text",
    [
        "[2024]",
        "[01]",
        "[x]",
        "[1",
        "1]",
        "[1 2]",
        "[1,]",
        "[]",
        "[link](https://a.example)",
        "[a1]",
        "([x])",
        "(1)",
        "[-1]",
        "[1.5]",
        "[pass 1]",
        "[Passage]",
        "[source: here]",
        "【】",
        "[^x]",
        "[1†" + "L" * 41 + "]",
        "a [ b",
        "[[x]]",
        "<passenger>",
        "<questionable-x>",
        "<passage-" + "x" * 200 + ">",
        "</ps",
        "[" + "1," * 100 + "1]",
    ],
)
def test_what_is_no_mark_stays_as_it_is(text: str) -> None:
    assert read(f"a {text} b") == (f"a {text} b", [])
    assert read(*f"a {text} b") == (f"a {text} b", [])


@for_each(
    "text",
    [
        "Write `a[1]` here.",
        "Write `<question-type>` or `</passage>` here.",
        "```\nx = a[1]\n```",
        "```py\na[1] `b[2]`\n```",
        "``a[1] ` b[2]``",
        "````\n```\na[1]\n````",
    ],
)
def test_code_keeps_its_brackets(text: str) -> None:
    assert read(text) == (text, [])
    assert read(*text) == (text, [])


def test_after_code_marks_are_marks_again() -> None:
    assert read("`a[1]` [2].\n```\nb[1]\n``` \n[3] end") == ("`a[1]`.\n```\nb[1]\n``` \nend", [2, 3])


def test_a_backtick_that_nobody_closed_spoils_its_line_only() -> None:
    assert read("a ` b [1]\nc [2].") == ("a ` b [1]\nc.", [2])


def test_nothing_is_held_back_but_what_may_become_a_mark() -> None:
    assert step_by_step(Marks(3), "Within| 14| days| [|1|]|.| Go") == "Within| 14| days||||.| Go"


def test_a_bracket_that_turns_out_to_be_text_comes_with_the_character_that_tells() -> None:
    assert step_by_step(Marks(3), "a| [|12|th|]") == "a||| [12th|]"


_PARTS = st.lists(
    st.sampled_from(
        [
            *"[]()`,; \n-1290a.",
            "<passage-",
            f"{CODE} number=",
            "</question",
            "-c0de>",
            "<",
            ">",
            "/",
            "[1]",
            " [2]",
            "[1][3]",
            "[1, 2]",
            "word",
            " word",
            "```",
            "\n```\n",
            "([4])",
            "[[5]]",
            "](https://x.example/1)",
            "[1](",
            "[1-3]",
            "é",
            "“",
            "[77]",
            "  ",
            "[" + "1," * 59,
            "(" + "x" * 499,
        ]
    ),
    max_size=40,
).map("".join)


@settings(deadline=None)
@given(_PARTS, CUTS)
@example("[1](" + "x" * 600 + ")", [300])
@example("[" + "1," * 70 + "1]", [119, 120, 121, 122])
def test_how_the_text_is_cut_changes_nothing(text: str, cuts: list[int]) -> None:
    whole = read(text)
    assert read(*cut(text, cuts)) == whole
    assert read(*text) == whole


@settings(deadline=None)
@given(_PARTS)
def test_a_number_that_is_remembered_stood_in_the_text_and_exists(text: str) -> None:
    _, numbers = read(text)
    assert len(set(numbers)) == len(numbers)
    assert set(numbers) <= set(range(1, 6))
    assert text.count("[") or text.count("<passage") or not numbers
