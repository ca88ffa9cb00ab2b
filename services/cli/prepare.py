"""`python -m services.cli.prepare`: run once before the services of a deployment start.

Tries all settings, so that a wrong one is said here in one line and nothing is started; makes the signing secret and
the internal certificates, which all services must share; and brings the tables of all services up to date.
"""

import asyncio
import sys

from services.chat.answerers.choose import choose_answers
from services.cli.__main__ import run
from services.cli.failures import WRONG_USAGE
from services.cli.up.preflight import check, prepare_home
from services.config.settings import Settings, SettingsError, load_settings
from services.trust.internal_certificates import ensure_internal_certificates
from services.trust.secret_file import ensure_secret
from services.trust.transport import internal_tls


def main() -> None:
    """Exits as `chatmount migrate` does."""
    try:
        settings = load_settings()
        prepare_home(settings)
        ensure_secret(settings.secret_file)
        _ensure_certificates(settings)
        internal_tls(settings)
        choose_answers(settings.llm)
        asyncio.run(check(settings))
    except SettingsError as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_USAGE)
    sys.exit(run(["migrate"]))


def _ensure_certificates(settings: Settings) -> None:
    if not settings.makes_internal_certificates:
        return
    try:
        ensure_internal_certificates(settings.home)
    except OSError as error:
        raise SettingsError(f"CHATMOUNT_INTERNAL_TLS: {error.filename} can't be written ({error.strerror}).") from error


if __name__ == "__main__":
    main()
