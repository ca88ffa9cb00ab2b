"""Files that somebody adds to a chatbot, good ones and others, and how they get into a page."""

from base64 import b64encode
from collections.abc import Iterable

from playwright.sync_api import FilePayload, Locator

GOOD = 27
BROKEN, EMPTY, UNKNOWN = "scan.pdf", "nothing.txt", "photo.png"
DROPS = """
(form, files) => {
  const dropped = new DataTransfer();
  for (const { name, mimeType, text } of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    dropped.items.add(new File([bytes], name, { type: mimeType }));
  }
  for (const name of ["dragover", "drop"]) {
    form.dispatchEvent(new DragEvent(name, { dataTransfer: dropped, bubbles: true, cancelable: true }));
  }
}
"""


def thirty() -> list[FilePayload]:
    """Pages about bikes, and three files that can't become any."""
    return [
        *(_file(f"bike-{number}.md", "text/markdown", page_of_bike(number)) for number in range(1, GOOD + 1)),
        _file(BROKEN, "application/pdf", "%PDF-1.7 torn off"),
        _file(EMPTY, "text/plain", ""),
        _file(UNKNOWN, "image/png", "\x89PNG"),
    ]


def page_of_bike(number: int) -> str:
    """What is known of one of them."""
    return f"# Bike {number}\n\nBike {number} has {number + 2} gears. It weighs {number + 9} kilograms.\n"


def drop(form: Locator, files: Iterable[FilePayload]) -> None:
    """As if they were dragged there from a folder."""
    form.evaluate(DROPS, [{**file, "text": b64encode(file["buffer"]).decode(), "buffer": None} for file in files])


def _file(name: str, media_type: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": text.encode("latin-1")}
