"""What the launcher's own parts have to say through `logging` stands among the lines of the processes."""

import logging
from collections.abc import Callable


class _Lines(logging.Handler):
    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        level = "" if record.levelno < logging.WARNING else f"{record.levelname} "
        self._say(level + record.getMessage())


def tell(say: Callable[[str], None]) -> None:
    """From now on every record of Chatmount's loggers in this process is said."""
    logger = logging.getLogger("chatmount")
    logger.addHandler(_Lines(say))
    logger.setLevel(logging.INFO)
    logger.propagate = False
