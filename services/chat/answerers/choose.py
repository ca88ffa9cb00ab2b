"""The answerer that the settings ask for."""

from services.chat.answerers.answerer import Answerer
from services.chat.answerers.extractive import ExtractiveAnswerer
from services.settings import ModelEndpoint, SettingsError


def choose_answerer(model: ModelEndpoint) -> Answerer:
    """Extractive answers. SettingsError when a model is asked for, which this version does not speak to."""
    if model.url:
        raise SettingsError(
            "CHATMOUNT_LLM_URL is set, but this version of Chatmount speaks to no model: "
            "it answers with the sources' own sentences. Unset it."
        )
    return ExtractiveAnswerer()
