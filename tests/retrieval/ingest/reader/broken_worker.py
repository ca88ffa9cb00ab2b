"""Processes that fail before they see a file: `python -m …reader.broken_worker`."""

from services.retrieval.ingest.reader import zygote


def fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a fault of ours")


if __name__ == "__main__":
    zygote.work = fail  # type: ignore[assignment]
    zygote.main()
