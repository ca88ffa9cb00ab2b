"""The number of tokens of a text: by the model's own tokenizer, or estimated."""

import math
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from services.config.settings import SettingsError

CountTokens = Callable[[str], int]

ASCII_CHARACTERS_PER_TOKEN = 3.5
OTHER_BYTES_PER_TOKEN = 2.0


def estimated_tokens(text: str) -> int:
    """A token for every 3.5 ASCII characters, and for every two bytes of the others.

    The vocabularies of today's models need fewer for prose in any script, about as many for code. A prompt that is a
    little too short costs a passage; one that is too long costs the answer.
    """
    size, ascii_size = len(text.encode("utf-8", "replace")), len(text.encode("ascii", "ignore"))
    return math.ceil(ascii_size / ASCII_CHARACTERS_PER_TOKEN + (size - ascii_size) / OTHER_BYTES_PER_TOKEN)


def token_counter(file: Path | None) -> CountTokens:
    """A counter by the `tokenizer.json` given; None: estimates.

    SettingsError for a file that is no tokenizer.
    """
    if file is None:
        return estimated_tokens
    try:
        tokenizer: Tokenizer = Tokenizer.from_file(str(file))
    # The library raises Exception itself.
    except Exception as error:
        raise SettingsError(f"CHATMOUNT_LLM_TOKENIZER names a file that is no tokenizer.json: {file}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
