"""The fields of a widget's look, in the order of its page: their names and what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.web.dashboard.forms import Form


class Kind(StrEnum):
    """How a field is filled in."""

    LINE = "line"
    LINES = "lines"
    COLOUR = "colour"
    CHOICE = "choice"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the appearance.

    `attributes`: more of its element's; `options`: of a choice, with their labels.
    """

    name: str
    label: str
    hint: str = ""
    kind: Kind = Kind.LINE
    attributes: Mapping[str, object] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    type: str = "text"
    rows: int = 1

    def told(self, form: Form) -> str:
        """What is in it, for whoever may not change it."""
        value = form.get(self.name)
        if self.kind == Kind.CHECK:
            return "yes" if value else "no"
        return self.options.get(value, value)


def _line(name: str, label: str, hint: str = "", length: int = 100) -> Field:
    return Field(name, label, hint, attributes={"maxlength": length, "autocomplete": "off"})


def _lines(name: str, label: str, hint: str, rows: int, **attributes: object) -> Field:
    return Field(name, label, hint, Kind.LINES, attributes, rows=rows)


def _number(name: str, label: str, hint: str, least: int, most: int) -> Field:
    return Field(name, label, hint, attributes={"min": least, "max": most, "required": True}, type="number")


def _choice(name: str, label: str, hint: str = "", **options: str) -> Field:
    return Field(name, label, hint, Kind.CHOICE, options=options)


def _check(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Kind.CHECK)


GROUPS: Mapping[str, Sequence[Field]] = {
    "What it says": (
        _line("title", "Title", "Empty: Chat, in the visitor's language."),
        _lines("greeting", "Greeting", "The first message. Up to 1,000 characters.", 3, maxlength=1000),
        _lines("suggestions", "Suggested questions", "One a line, to click on: up to 6 of 100 characters.", 4),
        _line("placeholder", "Text in the empty field", "Empty: the widget's own words."),
        _line("footer", "Text below the field", "Such as who answers here.", length=200),
        Field("privacy_url", "Address of your privacy notice", "Empty: no link.", type="url"),
        _line(
            "resting_text",
            "Said when the credits are used up",
            "Empty: the widget's own words.",
            length=300,
        ),
        _choice(
            "language",
            "Language of the widget's own words",
            auto="that of the visitor's browser",
            de="German",
            en="English",
            es="Spanish",
            fr="French",
        ),
    ),
    "How it looks": (
        Field("accent", "Colour", "Such as #0b6470. Text on it is black or white.", Kind.COLOUR),
        _choice("color_scheme", "Light or dark", auto="as the visitor's device is set", light="light", dark="dark"),
        _choice("launcher_icon", "Icon of the button", chat="speech bubble", question="question mark", spark="spark"),
        _line("launcher_text", "Text beside the icon", "Empty: the icon alone.", length=40),
        _choice("side", "Corner", right="bottom right", left="bottom left"),
        _number("offset_x", "Distance from the side", "In pixels, 0 to 200.", 0, 200),
        _number("offset_y", "Distance from the bottom", "In pixels, 0 to 200.", 0, 200),
        _number("z_index", "Layer (z-index)", "Higher than what the button must lie on.", 1, 2**31 - 1),
    ),
    "What visitors can do": (
        _check("sources", "See the sources of an answer"),
        _check("ratings", "Rate answers", "You find the ratings in Conversations."),
        _check("history", "Find their conversation again", "On other pages, and days later."),
        _check("new_button", "Begin a new conversation"),
    ),
    "On your pages": (
        _check("message_events", "Tell the page what is said", "Its scripts then get the text of all messages."),
        _number("open_after_seconds", "Open by itself after", "In seconds, up to 3,600. 0: never.", 0, 3600),
        _lines(
            "hidden_paths",
            "Pages without the chat",
            "Paths, one a line, such as /checkout or /account/*. Up to 50.",
            3,
            spellcheck="false",
            autocapitalize="none",
        ),
    ),
}
