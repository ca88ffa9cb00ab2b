"""The Chat process: `python -m services.chat`."""

from services.chat.answerers.choose import choose_answers
from services.chat.build import SERVICE, open_chat
from services.config.settings import Settings
from services.rpc.process import Open, Part, run_parts


def prepare(settings: Settings) -> Open:
    """What opens Chat. SettingsError for a setting that can't be used."""
    answers = choose_answers(settings.llm)
    answers.announce()
    return lambda signer, neighbours: open_chat(settings, answers, signer, neighbours=neighbours)


PART = Part(SERVICE, prepare)


def main() -> None:
    """Serves until it is told to stop."""
    run_parts([PART])


if __name__ == "__main__":
    main()
