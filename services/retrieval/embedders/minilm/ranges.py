"""Ranges of the inputs of quantised products.

They are measured once, because they hardly depend on the text. The model gives its largest values to the same places of
every text (the first token, mostly). Over help pages, encyclopedia articles, abstracts, code, text in six languages and
random tokens, in float32, the far ends of the wide ranges, which decide how fine a step can be, moved by less than a
tenth. So a range that is measured for every batch says little new, and makes the vector of a text depend on what
happens to be in the batch with it; these make it a function of the text. What lies beyond a range counts as its end.
"""

from collections.abc import Mapping

Range = tuple[float, float]
"""The lowest and the highest value."""

Ranges = Mapping[str, Range]
"""By the name of the value in the float graph, see graph.py."""

_LAYERS: tuple[tuple[Range, Range, Range, Range], ...] = (
    # input of the layer, attended values, input of the intermediate product, its output after GELU
    ((-3.5, 6.5), (-3.5, 3.0), (-7.0, 28.8), (-0.2, 25.0)),
    ((-5.5, 8.3), (-3.2, 3.2), (-8.9, 30.6), (-0.2, 20.6)),
    ((-5.6, 8.2), (-3.0, 3.2), (-15.5, 28.0), (-0.2, 17.7)),
    ((-5.9, 9.8), (-3.3, 3.2), (-17.4, 29.1), (-0.2, 13.9)),
    ((-6.9, 10.7), (-3.4, 3.9), (-15.5, 21.9), (-0.2, 8.7)),
    ((-7.0, 10.2), (-4.4, 4.2), (-13.4, 13.8), (-0.2, 9.9)),
)


def _named() -> Ranges:
    ranges: dict[str, Range] = {}
    before = "embeddings.LayerNorm"
    for number, (entering, attended, between, inner) in enumerate(_LAYERS):
        layer = f"encoder.layer.{number}"
        ranges[before] = entering
        ranges[f"{layer}.attention.self.context"] = attended
        ranges[f"{layer}.attention.output.LayerNorm"] = between
        ranges[f"{layer}.gelu"] = inner
        before = f"{layer}.output.LayerNorm"
    return ranges


MINILM_RANGES = _named()
"""Of all-MiniLM-L6-v2."""
