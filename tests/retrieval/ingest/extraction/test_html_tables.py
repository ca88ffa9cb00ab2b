"""Tables of web pages whose cells reach over rows and columns, and pages that show their text only when asked."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.document import Section
from services.retrieval.ingest.extraction.html import read_html
from services.retrieval.ingest.reading import extract


def text_of(body: str) -> str:
    return "\n\n".join(section.text for section in read_html(f"<body>{body}</body>").sections)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            "<tr><th>Day</th><th>Time</th></tr><tr><td rowspan=2>Mon</td><td>9</td></tr><tr><td>10</td></tr>"
            "<tr><td>Tue</td><td>11</td></tr>",
            "Day: Mon; Time: 9\nDay: Mon; Time: 10\nDay: Tue; Time: 11",
        ),
        (
            "<tr><th>Bike</th><th colspan=2>Price</th><th>Size</th></tr>"
            "<tr><td>City</td><td>1</td><td>2</td><td>L</td></tr>",
            "Bike: City; Price: 1; Price: 2; Size: L",
        ),
        (
            "<tr><th>Bike</th><th>Day</th><th>Week</th></tr><tr><td colspan=2>City</td><td>9</td></tr>",
            "Bike: City; Week: 9",
        ),
        ("<tr><td rowspan='x' colspan='-1'>a</td><td rowspan=999999999>b</td></tr>", "a: b"),
    ],
)
def test_a_cell_stands_wherever_it_reaches(rows: str, text: str) -> None:
    assert text_of(f"<table>{rows}</table>") == text


def test_a_table_that_repeats_itself_for_ever_is_cut() -> None:
    row = f"<tr><td rowspan=100 colspan=100>{'x' * 500}</td><td>y</td></tr>" + "<tr><td>z</td></tr>" * 99
    assert len(text_of(f"<table>{row * 40}</table>")) < 200_000


QUESTION = '<h3><button aria-controls="a1">How long?</button></h3>'


@pytest.mark.parametrize(
    "panel",
    [
        '<div id="a1" hidden><p>Thirty days.</p></div>',
        '<div id="a1" aria-hidden="true"><p>Thirty days.</p></div>',
        '<div id="a1" style="display: none"><p>Thirty days.</p></div>',
        '<div hidden="until-found"><p>Thirty days.</p></div>',
    ],
)
def test_an_answer_that_unfolds_is_read_under_its_question(panel: str) -> None:
    document = read_html(f"<body><button>Accept</button>{QUESTION}{panel}<p hidden>Never shown.</p></body>")
    assert document.sections == (Section(("How long?",), "Thirty days."),)


def test_a_page_that_is_one_form_is_read_and_a_form_on_a_page_is_not() -> None:
    assert text_of("<form><p>The fee is five euros a day.</p><input value=x></form>") == "The fee is five euros a day."
    assert text_of("<p>The fee is five euros a day.</p><form>Your name <input></form>") == (
        "The fee is five euros a day."
    )
    with pytest.raises(ChatmountError, match="no text"):
        extract(b"<body><form><input></form></body>", "html")


def test_two_line_breaks_part_paragraphs_and_one_does_not() -> None:
    assert text_of("Open daily,<br>also on Sundays.<br> <br/>Closed in May.") == (
        "Open daily, also on Sundays.\n\nClosed in May."
    )


def test_what_nobody_sees_does_not_part_words() -> None:
    assert text_of("<p>Fahr&shy;rad&#8203;verleih</p>") == "Fahrradverleih"
