"""The Chat process: `python -m services.chat`."""

import sys
from functools import partial

from services.chat.answerers.choose import choose_answerer
from services.chat.build import SERVICE, open_chat
from services.secret_file import read_secrets
from services.server import run_service
from services.settings import SettingsError, load_settings
from services.telemetry import configure_logging
from services.tokens import TokenSigner


def main() -> None:
    """Serves until it is told to stop; a setting that can't be used ends it with one line."""
    try:
        settings = load_settings()
        answerer = choose_answerer(settings.llm)
        signer = TokenSigner(read_secrets(settings.secret_file))
    except SettingsError as error:
        sys.exit(str(error))
    configure_logging(settings.log_level)
    run_service(SERVICE, settings.listen, signer, partial(open_chat, settings, answerer, signer))


if __name__ == "__main__":
    main()
