"""Which Qdrant servers can be used."""

import re

from services.config.settings import SettingsError

MINIMUM = (1, 19)
"""Older ones pass over `params.idf.corpus` without a word: words would be weighed over all chatbots together."""


def check_version(version: str) -> None:
    """SettingsError for a server that is too old, or that does not say what it is."""
    numbers = re.match(r"v?(\d+)\.(\d+)", version)
    if numbers is not None and (int(numbers[1]), int(numbers[2])) >= MINIMUM:
        return
    minimum = ".".join(map(str, MINIMUM))
    found = f"is version {version}" if numbers else f"tells no version that can be read ({version!r})"
    raise SettingsError(
        f"CHATMOUNT_QDRANT_URL: Chatmount needs Qdrant {minimum} or newer, and the server there {found}."
    )
