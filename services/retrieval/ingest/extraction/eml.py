"""Electronic mail: who wrote to whom and when, the text, and the names of attachments."""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from itertools import islice

from services.errors import unreadable
from services.retrieval.ingest.extraction.decoding import decode
from services.retrieval.ingest.extraction.document import Document, Section, one_line
from services.retrieval.ingest.extraction.html import declared_charset, read_html
from services.retrieval.ingest.extraction.plain import read_plain

_PEOPLE = ("From", "To", "Cc")
_KNOWN = (*_PEOPLE, "Subject", "Date", "Message-ID", "Received", "MIME-Version")
_MAXIMUM_PARTS = 1000
_LONGEST_HEADER = 2000
_SIGNATURE = re.compile(r"\n-- \n.*", re.DOTALL)
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
_MUCH_MORE = 2


def read_eml(content: bytes) -> Document:
    """The text of a message, with its senders, receivers and date in front.

    Its subject is the title. Of two forms of the text, the plain one is read unless the other holds far more. What is
    attached is named, not read. UNREADABLE_SOURCE for anything but a message.
    """
    message = message_from_bytes(content.lstrip())
    if not any(name in message for name in _KNOWN):
        raise unreadable("The file is no message, whatever its name says: save it as .eml and add it again.")
    texts: list[str] = []
    pages: list[str] = []
    attached: list[str] = []
    for part, name in islice(_leaves(message), _MAXIMUM_PARTS):
        kind = part.get_content_type()
        if name or kind not in ("text/plain", "text/html"):
            attached += [name] if name else []
        elif payload := _payload(part):
            charset = str(part.get_content_charset("") or "")
            if kind == "text/html":
                pages.append(decode(payload, charset or declared_charset(payload)))
            else:
                texts.append(decode(payload, charset))
    sections = [*_sections(texts, pages)]
    head = [f"{name}: {value}" for name in _PEOPLE if (value := _header(message, name))]
    head += [f"Date: {date}"] if (date := _date(message)) else []
    head += [f"Attachments: {', '.join(attached)}"] if attached else []
    if head and sections:
        sections.insert(0, Section((), "\n".join(head)))
    return Document(_header(message, "Subject"), tuple(sections))


def _leaves(message: Message) -> Iterator[tuple[Message, str]]:
    """The parts that hold content, each with its name as a file, if it is one."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        held = part.get_payload()
        inner = [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []
        if part.get_content_type() == "message/rfc822" and part is not message:
            subject = _header(inner[0], "Subject") if inner else ""
            yield part, f"{subject or 'message'}.eml"
        elif part.is_multipart():
            waiting += reversed(inner)
        else:
            name = _decoded(str(part.get_filename() or ""))
            is_file = part.get_content_disposition() == "attachment"
            yield part, name or ("unnamed" if is_file else "")


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _sections(texts: list[str], pages: list[str]) -> Iterator[Section]:
    plain = "\n\n".join(_QUOTED.sub("", _SIGNATURE.sub("", text)) for text in texts)
    rich = [section for page in pages if page.strip() for section in read_html(page).sections]
    if sum(len(section.text) for section in rich) > _MUCH_MORE * len(plain.strip()):
        yield from rich
    elif plain.strip():
        yield from read_plain(plain).sections


def _header(message: Message, name: str) -> str:
    return _decoded(str(message.get(name, "")))


def _decoded(value: str) -> str:
    value = value[:_LONGEST_HEADER]
    with suppress(ValueError, LookupError):
        value = str(make_header(decode_header(value)))
    return one_line(value)


def _date(message: Message) -> str:
    with suppress(ValueError, TypeError, OverflowError):
        return f"{parsedate_to_datetime(_header(message, 'Date')):%Y-%m-%d %H:%M}"
    return ""
