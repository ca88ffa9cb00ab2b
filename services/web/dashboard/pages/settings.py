"""`bot_x/settings`: name, how the chatbot speaks, its language, on or off."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from chatmount.auth.v1 import auth_pb2
from chatmount.chat.v1 import chat_pb2
from chatmount.retrieval.v1 import retrieval_pb2

from services.errors import ChatmountError
from services.languages import NAMES
from services.web.dashboard.forms import Form
from services.web.dashboard.meanwhile import CHANGED, NO_THEIRS, saved_meanwhile
from services.web.dashboard.parts import Part, part
from services.web.dashboard.profiles import FIELDS, change_in, profile_form
from services.web.dashboard.visit import Visit

LANGUAGES = tuple(sorted(((code, name.capitalize()) for code, name in NAMES.items()), key=lambda pair: pair[1]))


@dataclass(frozen=True, slots=True)
class Searched:
    """The language that it is searched in, and the one on its way; "": none."""

    language: str
    next_language: str


async def show(visit: Visit) -> web.Response:
    """All of it, as it is now."""
    return await _page(visit)


async def back(visit: Visit) -> web.Response:
    """For whoever comes back to the path of a form that has no page of its own."""
    return visit.see(_path(visit))


async def rename(visit: Visit) -> web.Response:
    """Changes the name."""
    form = await visit.form()
    request = auth_pb2.UpdateChatbotRequest(chatbot_id=visit.chatbot.id, name=form.get("name"))
    try:
        await visit.call(visit.services.chatbots.UpdateChatbot, request)
    except ChatmountError as refused:
        return await _page(visit, name=form.refused(refused))
    return visit.see(_path(visit), done="saved")


async def speak(visit: Visit) -> web.Response:
    """Changes how it speaks, unless somebody else has done so since the form was filled in."""
    form = await visit.form()
    try:
        theirs = saved_meanwhile(form, await _spoken(visit, await part(_settings(visit))), FIELDS)
        if theirs:
            return await _page(visit, profile=form.wrong_as_a_whole(CHANGED, 409), theirs=theirs)
        await visit.call(visit.services.profiles.UpdateProfile, change_in(form))
    except ChatmountError as refused:
        return await _page(visit, profile=form.refused(refused))
    return visit.see(_path(visit), done="saved")


async def choose_language(visit: Visit) -> web.Response:
    """Changes the language, which its sources follow in the background."""
    form = await visit.form()
    request = retrieval_pb2.UpdateSettingsRequest(language=form.get("language"))
    try:
        await visit.call(visit.services.retrieval.UpdateSettings, request)
    except ChatmountError as refused:
        return await _page(visit, language=form.refused(refused))
    return visit.see(_path(visit), done="saved")


async def switch(visit: Visit) -> web.Response:
    """Switches the chatbot on or off."""
    enabled = bool((await visit.form()).get("enabled"))
    request = auth_pb2.SetChatbotEnabledRequest(chatbot_id=visit.chatbot.id, enabled=enabled)
    await visit.call(visit.services.chatbots.SetChatbotEnabled, request)
    return visit.see(_path(visit), done="chatbot-on" if enabled else "chatbot-off")


async def _page(
    visit: Visit,
    *,
    name: Form | None = None,
    profile: Form | None = None,
    language: Form | None = None,
    theirs: Mapping[str, str] = NO_THEIRS,
) -> web.Response:
    """The page. `name`, `profile`, `language`: forms that were refused.

    `theirs`: what others have saved meanwhile.
    """
    searched = await part(_settings(visit))
    spoken = await part(_spoken(visit, searched))
    present = spoken.value if spoken else Form()
    return visit.page(
        "settings/settings.html",
        status=max(form.status for form in (name, profile, language, Form()) if form),
        name=name or Form.of(name=visit.chatbot.name),
        spoken=spoken,
        present=present,
        profile=profile or present,
        theirs=theirs,
        searched=searched,
        language=language or Form.of(language=searched.value.language if searched else ""),
        language_names=dict(LANGUAGES),
        languages=LANGUAGES,
    )


async def _spoken(visit: Visit, searched: Part[Searched]) -> Form:
    request = chat_pb2.GetProfileRequest(language=searched.value.language if searched else "")
    return profile_form(await visit.call(visit.services.profiles.GetProfile, request))


async def _settings(visit: Visit) -> Searched:
    got = await visit.call(visit.services.retrieval.GetSettings, retrieval_pb2.GetSettingsRequest())
    return Searched(got.settings.language, got.settings.next_language)


def _path(visit: Visit) -> str:
    return f"{visit.chatbot.path}settings"
