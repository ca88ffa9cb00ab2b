"""What the preview of a widget shows besides its form: the widget's own words."""

import re
from collections.abc import Mapping
from functools import cache

from services.web.widget.colours import luminance_of
from services.web.widget.languages import Languages

LEAST_CONTRAST = 4.5
"""Of text and its ground, by WCAG 2."""

_SAID = ("title", "greeting", "placeholder", "privacy", "sources")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# As in services/web/widget/static/accent.js.
_LIGHT, _DARK = "#ffffff", "#16181d"


@cache
def preview_texts() -> Mapping[str, Mapping[str, str]]:
    """By language."""
    return {code: {name: texts[name] for name in _SAID} for code, texts in Languages.read().texts.items()}


def is_hard_to_read(colour: str, color_scheme: str) -> bool:
    """Whether text of this colour had too little contrast on the ground of the panel."""
    if not _COLOUR.fullmatch(colour):
        return False
    ground = luminance_of(_DARK if color_scheme == "dark" else _LIGHT)
    darker, lighter = sorted((ground, luminance_of(colour)))
    return (lighter + 0.05) / (darker + 0.05) < LEAST_CONTRAST
