"""How a widget looks: every setting has a rule, and what was never set is the default."""

import asyncio
from dataclasses import fields, replace
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import visitor_pb2

from services.chat.appearance import Appearance
from services.chat.store.appearances import AppearanceStore
from services.database import Database
from services.errors import Reason

from .callers import MEMBER, OPERATOR, OTHER_OPERATOR, VISITOR
from .chat_harness import Chat, refusal_of, refused

NAMES = [field.name for field in visitor_pb2.Appearance.DESCRIPTOR.fields]

CHANGED: dict[str, Any] = {
    "title": "Fähre & Söhne",
    "greeting": "Hello! 👩‍👩‍👧\nHow can we help?",
    "suggestions": ["How long?", "How much?"],
    "placeholder": "Ask…",
    "footer": "Answers are made by a machine.",
    "privacy_url": "https://example.com/privacy",
    "resting_text": "Back tomorrow.",
    "language": "fr",
    "accent": "#ffcc00",
    "color_scheme": "dark",
    "side": "left",
    "offset_x": 200,
    "offset_y": 0,
    "z_index": 1,
    "launcher_icon": "spark",
    "launcher_text": "Ask us",
    "sources": False,
    "ratings": False,
    "history": False,
    "new_button": False,
    "message_events": True,
    "open_after_seconds": 3600,
    "hidden_paths": ["/checkout", "/shop/*"],
}


def values(appearance: visitor_pb2.Appearance) -> dict[str, Any]:
    found = {name: getattr(appearance, name) for name in NAMES}
    return found | {name: list(found[name]) for name in ("suggestions", "hidden_paths")}


async def test_what_was_never_set_is_the_default(chat: Chat) -> None:
    default = {field.name: getattr(Appearance(), field.name) for field in fields(Appearance)}
    assert values(await chat.of_appearance("GetAppearance")) == default | {"suggestions": [], "hidden_paths": []}


async def test_every_setting_can_be_changed_and_changes_nothing_else(chat: Chat) -> None:
    assert CHANGED.keys() == set(NAMES)
    expected = values(await chat.of_appearance("GetAppearance"))
    for name, value in CHANGED.items():
        assert expected[name] != value, "no change"
        expected[name] = value
        assert values(await chat.look(**{name: value})) == expected
    for principal in (MEMBER, VISITOR, OPERATOR):
        assert values(await chat.of_appearance("GetAppearance", principal)) == expected
    default = values(await chat.of_appearance("GetAppearance", OTHER_OPERATOR))
    assert default["title"] == "", "another chatbot's is its own"
    # An empty value is a value: what was set can be taken back.
    assert (await chat.look(title="", suggestions=[])).suggestions == []


async def test_a_change_without_a_mask_changes_nothing(chat: Chat) -> None:
    await chat.look(title="Lamps")
    changed = await chat.of_appearance("UpdateAppearance", appearance=visitor_pb2.Appearance(title="Other"))
    assert changed.title == "Lamps"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"title": "x" * 101}, "title must be at most 100 characters."),
    ({"title": "two\nlines"}, "title must not contain control characters or line breaks."),
    ({"greeting": "x" * 1001}, "greeting must be at most 1000 characters."),
    ({"greeting": "a\0b"}, "greeting must not contain control characters."),
    ({"suggestions": ["x"] * 7}, "suggestions must be at most 6 questions."),
    ({"suggestions": ["x" * 101]}, "Each of suggestions must be at most 100 characters."),
    ({"suggestions": ["How?", " "]}, "None of suggestions may be empty."),
    ({"placeholder": "x" * 101}, "placeholder must be at most 100 characters."),
    ({"footer": "x" * 201}, "footer must be at most 200 characters."),
    ({"privacy_url": "javascript:alert(1)"}, "privacy_url can't be used: it must begin with https:// or http://."),
    ({"privacy_url": "/privacy"}, "privacy_url can't be used: it must begin with https:// or http://."),
    (
        {"privacy_url": "https://me:secret@example.com"},
        "privacy_url can't be used: it must not contain a user name or password.",
    ),
    ({"privacy_url": "https://e.example/" + "x" * 2048}, "privacy_url must be at most 2048 characters."),
    ({"resting_text": "x" * 301}, "resting_text must be at most 300 characters."),
    ({"language": "it"}, "language must be one of auto, en, de, fr, es."),
    ({"language": ""}, "language must be one of auto, en, de, fr, es."),
    ({"accent": "red"}, "accent must be a colour such as #0b6470."),
    ({"accent": "#fff"}, "accent must be a colour such as #0b6470."),
    ({"accent": "#00000g"}, "accent must be a colour such as #0b6470."),
    ({"accent": "#ffffff;}"}, "accent must be a colour such as #0b6470."),
    ({"color_scheme": "sepia"}, "color_scheme must be one of auto, light, dark."),
    ({"side": "top"}, "side must be one of right, left."),
    ({"offset_x": 201}, "offset_x must be from 0 to 200."),
    ({"offset_y": -1}, "offset_y must be from 0 to 200."),
    ({"z_index": 0}, "z_index must be from 1 to 2147483647."),
    ({"launcher_icon": "robot"}, "launcher_icon must be one of chat, question, spark."),
    ({"launcher_text": "x" * 41}, "launcher_text must be at most 40 characters."),
    ({"open_after_seconds": 3601}, "open_after_seconds must be from 1 to 3600, or 0 for never."),
    ({"open_after_seconds": -1}, "open_after_seconds must be from 1 to 3600, or 0 for never."),
    ({"hidden_paths": ["/x"] * 51}, "hidden_paths must be at most 50 paths."),
    ({"hidden_paths": ["/" + "x" * 200]}, "Each of hidden_paths must be at most 200 characters."),
    ({"hidden_paths": ["checkout"]}, "Each of hidden_paths must begin with /, such as /checkout or /shop/*."),
    ({"hidden_paths": ["/*/x"]}, "Each of hidden_paths may have one *, at its end."),
]


async def test_a_setting_that_can_not_be_is_refused_in_clear_words(chat: Chat) -> None:
    for settings, says in REFUSED:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await chat.look(**{"side": "left", **settings})
        refusal = refusal_of(caught.value)
        assert (refusal.reason, refusal.text) == (Reason.INVALID_FIELD, says)
        assert (await chat.of_appearance("GetAppearance")).side == "right", "nothing of it was changed"


async def test_what_is_written_is_tidied(chat: Chat) -> None:
    changed = await chat.look(
        title="  Lamps ", greeting="\r\nHello\r\n\tyou\n", accent=" #FFCC00", privacy_url=" HTTPS://Example.com:443/a b"
    )
    assert (changed.title, changed.greeting, changed.accent) == ("Lamps", "Hello\n\tyou", "#ffcc00")
    assert changed.privacy_url == "https://example.com/a%20b"


async def test_a_mask_with_a_name_that_is_no_setting_is_refused(chat: Chat) -> None:
    assert await refused(chat.of_appearance("UpdateAppearance", update_mask={"paths": ["side", "colour"]})) == (
        Reason.INVALID_FIELD
    )


async def test_viewers_look_and_change_nothing(chat: Chat) -> None:
    viewer = replace(MEMBER, member_role="MEMBER_ROLE_VIEWER")
    assert (await chat.of_appearance("GetAppearance", viewer)).side == "right"
    assert await refused(chat.look(viewer, side="left")) == Reason.MEMBER_ROLE


async def test_of_changes_at_once_none_is_lost(database: Database) -> None:
    store = AppearanceStore(database)
    changes = {"title": "a", "footer": "b", "placeholder": "c", "side": "left", "offset_x": 7, "ratings": False}
    await asyncio.gather(*(store.change("bot_1", {name: value}) for name, value in changes.items()))
    assert await store.appearance("bot_1") == Appearance(**changes)  # type: ignore[arg-type]
