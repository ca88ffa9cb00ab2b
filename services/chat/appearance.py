"""How a chatbot's widget looks, and the rules of each of its settings."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.errors import invalid
from services.urls import MAXIMUM_LENGTH, WebUrl

_COLOR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_LINE_BREAKS = frozenset("\n\t")


@dataclass(frozen=True, slots=True)
class Appearance:
    """The settings of a widget. Texts that are empty are the widget's own, in its language."""

    title: str = ""
    greeting: str = ""
    suggestions: tuple[str, ...] = ()
    placeholder: str = ""
    footer: str = ""
    privacy_url: str = ""
    resting_text: str = ""
    language: str = "auto"
    accent: str = "#0b6470"
    color_scheme: str = "auto"
    side: str = "right"
    offset_x: int = 20
    offset_y: int = 20
    z_index: int = 2_147_483_000
    launcher_icon: str = "chat"
    launcher_text: str = ""
    sources: bool = True
    ratings: bool = True
    history: bool = True
    new_button: bool = True
    message_events: bool = False
    open_after_seconds: int = 0
    hidden_paths: tuple[str, ...] = ()


def checked_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are stored. INVALID_FIELD names the setting and its rule."""
    return {name: _RULES[name](name, value) for name, value in changes.items()}


def _text(maximum: int, name: str, text: str, *, lines: bool = False) -> str:
    text = text.replace("\r\n", "\n").strip() if lines else text.strip()
    if len(text) > maximum:
        raise invalid(f"{name} must be at most {maximum} characters.")
    allowed = _LINE_BREAKS if lines else ()
    if any(unicodedata.category(character) == "Cc" and character not in allowed for character in text):
        raise invalid(f"{name} must not contain control characters{'' if lines else ' or line breaks'}.")
    return text


def _one_of(choices: tuple[str, ...], name: str, choice: str) -> str:
    if choice not in choices:
        raise invalid(f"{name} must be one of {', '.join(choices)}.")
    return choice


def _number(least: int, most: int, name: str, number: int) -> int:
    if not least <= number <= most:
        raise invalid(f"{name} must be from {least} to {most}.")
    return number


def _delay(name: str, seconds: int) -> int:
    if not 0 <= seconds <= 3600:
        raise invalid(f"{name} must be from 1 to 3600, or 0 for never.")
    return seconds


def _suggestions(name: str, questions: tuple[str, ...]) -> tuple[str, ...]:
    if len(questions) > 6:
        raise invalid(f"{name} must be at most 6 questions.")
    checked = tuple(_text(100, f"Each of {name}", question) for question in questions)
    if not all(checked):
        raise invalid(f"None of {name} may be empty.")
    return checked


def _paths(name: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    if len(paths) > 50:
        raise invalid(f"{name} must be at most 50 paths.")
    checked = tuple(_text(200, f"Each of {name}", path) for path in paths)
    for path in checked:
        if not path.startswith("/"):
            raise invalid(f"Each of {name} must begin with /, such as /checkout or /shop/*.")
        if "*" in path[:-1]:
            raise invalid(f"Each of {name} may have one *, at its end.")
    return checked


def _url(name: str, url: str) -> str:
    url = url.strip()
    if len(url) > MAXIMUM_LENGTH:
        raise invalid(f"{name} must be at most {MAXIMUM_LENGTH} characters.")
    try:
        return str(WebUrl.parse(url)) if url else ""
    except ValueError as error:
        raise invalid(f"{name} can't be used: {error}") from error


def _color(name: str, color: str) -> str:
    color = color.strip().lower()
    if not _COLOR.fullmatch(color):
        raise invalid(f"{name} must be a colour such as #0b6470.")
    return color


def _switch(name: str, value: bool) -> bool:
    return value


_RULES: Mapping[str, Callable[[str, Any], Any]] = {
    "title": partial(_text, 100),
    "greeting": partial(_text, 1000, lines=True),
    "suggestions": _suggestions,
    "placeholder": partial(_text, 100),
    "footer": partial(_text, 200),
    "privacy_url": _url,
    "resting_text": partial(_text, 300),
    "language": partial(_one_of, ("auto", "en", "de", "fr", "es")),
    "accent": _color,
    "color_scheme": partial(_one_of, ("auto", "light", "dark")),
    "side": partial(_one_of, ("right", "left")),
    "offset_x": partial(_number, 0, 200),
    "offset_y": partial(_number, 0, 200),
    "z_index": partial(_number, 1, 2**31 - 1),
    "launcher_icon": partial(_one_of, ("chat", "question", "spark")),
    "launcher_text": partial(_text, 40),
    "sources": _switch,
    "ratings": _switch,
    "history": _switch,
    "new_button": _switch,
    "message_events": _switch,
    "open_after_seconds": _delay,
    "hidden_paths": _paths,
}
