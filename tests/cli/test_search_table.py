"""What `chatmount search` shows on a narrow terminal."""

import io

from chatmount.retrieval.v1 import retrieval_pb2
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement

from services.cli.commands.search import COLUMNS, EXCERPT, passage_row
from services.cli.output.shapes import shape
from services.cli.output.tables import table
from tests.each import for_each

JAPANESE = "東京都への配送は翌日に届きます。配送の料金は五百円です。" * 10
ENGLISH = "To rotate an API key, run chatmount key rotate with the id of the key.\x1b[2J " * 10


@for_each("text", [JAPANESE, ENGLISH])
@for_each("width", [80, 120])
def test_passages_are_folded_into_the_terminal_and_long_ones_cut(text: str, width: int) -> None:
    scores = retrieval_pb2.Scores(fused=0.5, lexical=4.25)
    passage = retrieval_pb2.Passage(title="配送", headings=["料金", "国内"], text=text, scores=scores)
    target = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    shown = table(COLUMNS, [passage_row(1, shape(passage))])
    assert Measurement.get(target, target.options.update(max_width=10_000), shown).minimum <= 80
    target.print(shown)
    assert isinstance(target.file, io.StringIO)
    lines = target.file.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "配送 › 料金 › 国内" in lines[2]
    assert lines[2].split()[:5] == ["1", "0.500", "4.250", "–", "–"]
    excerpt = "".join(line.strip() for line in lines[3:])
    assert excerpt.endswith("…")
    assert 0.8 * EXCERPT < cell_len(excerpt) <= EXCERPT
    assert "\x1b" not in target.file.getvalue()
