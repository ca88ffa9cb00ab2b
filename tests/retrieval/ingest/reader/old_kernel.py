"""As `odd_reader`, on a kernel without protection: `python -m …reader.old_kernel`."""

from services.retrieval.ingest.reader import landlock, system_calls, worker, zygote
from tests.retrieval.ingest.reader.odd_reader import go_wrong

if __name__ == "__main__":
    worker.read = go_wrong
    landlock.version = lambda: 0
    system_calls.is_known = lambda: False
    zygote.main()
