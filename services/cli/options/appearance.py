"""The options that say how a widget looks. The Chat service knows what each may be."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from chatmount.chat.v1.visitor_pb2 import Appearance, UpdateAppearanceRequest

from services.cli.options.numbers import WholeNumber

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

LARGEST = 2**31 - 1  # what the fields hold

TEXTS: Mapping[str, str] = {
    "title": "At the top of the chat. Empty: Chat.",
    "greeting": "The first message.",
    "placeholder": "In the empty field.",
    "footer": "Below the field.",
    "privacy_url": "URL of a privacy notice, which is linked.",
    "resting_text": "Said when the credits of the day or the month are used up.",
    "language": "auto, en, de, fr or es.",
    "accent": "Colour of the launcher and of what visitors say, such as #0a66c2.",
    "color_scheme": "auto, light or dark.",
    "side": "right or left.",
    "launcher_icon": "chat, question or spark.",
    "launcher_text": "Beside the icon.",
}
NUMBERS: Mapping[str, str] = {
    "offset_x": "Pixels from that side.",
    "offset_y": "Pixels from the bottom.",
    "z_index": "Of the launcher and the chat, among the layers of the page.",
    "open_after_seconds": "Open by itself after so many seconds. 0: never.",
}
SWITCHES: Mapping[str, str] = {
    "sources": "Show the sources of answers.",
    "ratings": "Let visitors rate answers.",
    "history": "Keep the conversation over pages and days.",
    "new_button": "Show a button for a new conversation.",
    "message_events": "Tell scripts of the page the texts of messages.",
}
LISTS: Mapping[str, tuple[str, str]] = {
    "suggestions": ("--suggestion", "A question to click on. Repeatable; one empty text: none."),
    "hidden_paths": ("--hide-on", "A path without the launcher, such as /checkout*. Repeatable; one empty text: none."),
}


def appearance_options(command: Decorated) -> Decorated:
    """The command with an option for each field of an appearance.

    What is not given is None, or () where it can be repeated.
    """
    options = [
        *(click.option(_flag(name), name, help=text) for name, text in TEXTS.items()),
        *(click.option(_flag(name), name, type=WholeNumber(0, LARGEST), help=text) for name, text in NUMBERS.items()),
        *(
            click.option(f"{_flag(name)}/{_flag(f'no_{name}')}", name, default=None, help=text)
            for name, text in SWITCHES.items()
        ),
        *(click.option(flag, name, multiple=True, help=text) for name, (flag, text) in LISTS.items()),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def appearance_change(given: Mapping[str, Any]) -> UpdateAppearanceRequest | None:
    """What the options ask to change; None when none was given."""
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None and value != ()}
    if not changes:
        return None
    changes |= {name: [text for text in changes[name] if text] for name in LISTS if name in changes}
    request = UpdateAppearanceRequest(appearance=Appearance(**changes))
    request.update_mask.paths.extend(changes)
    return request


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
