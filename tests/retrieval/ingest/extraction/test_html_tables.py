"""Tables with cells over rows and columns, and pages that show their text when asked."""

import pytest

from services.errors import ChatmountError
from services.retrieval.ingest.extraction.document import Section
from tests.each import for_each
from tests.retrieval.ingest.extraction.extracted import sections, text_of


@for_each(
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
    assert text_of(f"<table>{rows}</table>", "html") == text


def test_a_table_that_repeats_itself_for_ever_is_cut() -> None:
    row = f"<tr><td rowspan=100 colspan=100>{'x' * 500}</td><td>y</td></tr>" + "<tr><td>z</td></tr>" * 99
    assert len(text_of(f"<table>{row * 40}</table>", "html")) < 200_000


QUESTION = '<h3><button aria-controls="a1">How long?</button></h3>'


@for_each(
    "panel",
    [
        '<div id="a1" hidden><p>Thirty days.</p></div>',
        '<div id="a1" aria-hidden="true"><p>Thirty days.</p></div>',
        '<div id="a1" style="display: none"><p>Thirty days.</p></div>',
        '<div hidden="until-found"><p>Thirty days.</p></div>',
    ],
)
def test_an_answer_that_unfolds_is_read_under_its_question(panel: str) -> None:
    page = f"<body><button>Accept</button>{QUESTION}{panel}<p hidden>Never shown.</p></body>"
    assert sections(page, "html") == (Section(("How long?",), "Thirty days."),)


def test_a_page_that_is_one_form_is_read_and_a_form_on_a_page_is_not() -> None:
    fee = "The fee is five euros a day."
    assert text_of(f"<form><p>{fee}</p><input value=x></form>", "html") == fee
    assert text_of(f"<p>{fee}</p><form>Your name <input></form>", "html") == fee
    with pytest.raises(ChatmountError, match="no text"):
        text_of("<body><form><input></form></body>", "html")
