"""`python -m tests.retrieval.ingest.reader.broken_worker`: processes that read fail before they see a file."""

from services.retrieval.ingest.reader import zygote


def fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError("a fault of ours")


if __name__ == "__main__":
    zygote.work = fail  # type: ignore[assignment]
    zygote.main()
