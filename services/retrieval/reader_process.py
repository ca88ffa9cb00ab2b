"""`python -m services.retrieval.reader_process KIND MEDIA_TYPE SECONDS BYTES`: reads one file from standard input.

Limits itself, so that it ends even when the service that started it was killed.
"""

import resource
import sys

from services.errors import ChatmountError
from services.retrieval.reader import encode, encode_refusal, too_complex
from services.retrieval.reading import read

MEMORY_BYTES = 1024**3
MEMORY_PER_BYTE = 64
"""Where files over 16 MiB are allowed, they need more. As a tree, text takes about 30 times its size."""


def main() -> None:
    """Reads, and writes the passages or the refusal to standard output as JSON."""
    kind, media_type, seconds, size = sys.argv[1:]
    limit(int(seconds), max(MEMORY_BYTES, MEMORY_PER_BYTE * int(size)))
    try:
        answer = encode(read(sys.stdin.buffer.read(), kind, "" if media_type == "-" else media_type))
    except ChatmountError as refusal:
        answer = encode_refusal(refusal.text)
    except MemoryError:
        answer = encode_refusal(too_complex().text)
    sys.stdout.buffer.write(answer)


def limit(seconds: int, memory_bytes: int) -> None:
    """Bounds what this process may use: processor time, memory, and no files at all."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
