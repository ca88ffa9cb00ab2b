"""Where a source comes from, as far as the public may know: its name and its URL."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from services.errors import invalid
from services.urls import FILE_SCHEME, MAXIMUM_LENGTH, canonical, one_name

MAXIMUM_NAME_LENGTH = 512
MAXIMUM_TITLE_LENGTH = 500
MAXIMUM_ORIGIN_LENGTH = 8192
MAXIMUM_PART_LENGTH = 200

_ID = re.compile(r"[a-z]{2,8}_[0-9A-Za-z]{1,64}", re.ASCII)
_DRIVE = re.compile(r"^[A-Za-z]:")


def clean_name(name: str) -> str:
    """A relative path with forward slashes.

    INVALID_FIELD for one that leads out of its folder, or names a machine's. So no directory of the machine that a file
    was read on ever becomes part of a public URL.
    """
    path = one_name(name).strip().replace("\\", "/")
    if len(path) > MAXIMUM_NAME_LENGTH or has_controls(path):
        raise invalid(f"name must be at most {MAXIMUM_NAME_LENGTH} characters, without control characters.")
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        raise invalid("name must be a relative path, without a directory of the machine it comes from.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise invalid("name must not lead out of its folder (..).")
    return "/".join(parts)


def clean_url(url: str, name: str) -> str:
    """The public URL of a source: `url` if given, else `file:` and its name.

    INVALID_FIELD for any other scheme.
    """
    url = url.strip()
    if not url:
        if not name:
            raise invalid("name or url is required.")
        return FILE_SCHEME + name
    if url.startswith(FILE_SCHEME):
        path = clean_name(url.removeprefix(FILE_SCHEME))
        if not path:
            raise invalid("url must name a file after file:.")
        return FILE_SCHEME + path
    return clean_web_url(url)


def clean_web_url(url: str) -> str:
    """An http or https URL that may be shown to anybody, in its one spelling.

    INVALID_FIELD for anything else.
    """
    url = url.strip()
    if len(url) > MAXIMUM_LENGTH or has_controls(url) or any(character.isspace() for character in url):
        raise invalid(f"url must be at most {MAXIMUM_LENGTH} characters, without spaces.")
    try:
        return canonical(url)
    except ValueError as error:
        raise invalid(f"url can't be used: {error}") from error


def clean_title(title: str) -> str:
    """The title on one line. INVALID_FIELD when it is too long."""
    title = " ".join(unicodedata.normalize("NFC", title).split())
    if len(title) > MAXIMUM_TITLE_LENGTH or has_controls(title):
        raise invalid(f"title must be at most {MAXIMUM_TITLE_LENGTH} characters, without control characters.")
    return title


def clean_part(text: str) -> str:
    """Part of a title or URL, to look for. INVALID_FIELD when it is too long."""
    part = unicodedata.normalize("NFC", text.strip())
    if len(part) > MAXIMUM_PART_LENGTH or has_controls(part):
        raise invalid(f"text must be at most {MAXIMUM_PART_LENGTH} characters, without control characters.")
    return part


def clean_origin(origin: str) -> str:
    """The way to read a document again, in the words of the one who added it.

    INVALID_FIELD when it is too long.
    """
    if len(origin) > MAXIMUM_ORIGIN_LENGTH or has_controls(origin):
        raise invalid(f"origin must be at most {MAXIMUM_ORIGIN_LENGTH} characters, without control characters.")
    return origin


def may_be_id(text: str) -> bool:
    """Whether anything can have this id.

    What can't never reaches a store, whatever it makes of odd characters.
    """
    return _ID.fullmatch(text) is not None


def fallback_title(name: str, url: str) -> str:
    """What to call a source that has no title: its file name, or the last part of its address."""
    last = PurePosixPath(name or urlsplit(url).path).name
    readable = last if name else unquote(last)
    return (readable if readable.isprintable() else last) or urlsplit(url).hostname or url


def has_controls(text: str) -> bool:
    """Whether the text holds what a line of text does not."""
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") for character in text)
