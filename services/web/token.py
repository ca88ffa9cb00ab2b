"""The token of the web process itself, for the pages that are open to anybody."""

from pathlib import Path

from services.errors import Text, refusal

Mark = tuple[int, int, int]


class WebToken:
    """The token in a file that is replaced long before its token ends.

    This process has no secret to sign with: whoever starts the stack writes the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._mark: Mark | None = None
        self._token = ""

    def current(self) -> str:
        """The token as it is now. UNAVAILABLE while there is none."""
        try:
            found = self._file.stat()
            mark = (found.st_ino, found.st_size, found.st_mtime_ns)
            if mark != self._mark:
                self._token, self._mark = self._file.read_text("ascii").strip(), mark
        except (OSError, UnicodeDecodeError) as error:
            if not self._token:
                raise refusal(Text.NO_WEB_TOKEN) from error
        return self._token
