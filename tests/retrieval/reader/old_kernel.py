"""`python -m tests.retrieval.reader.old_kernel`: what files are read from, on a kernel without protection."""

from services.retrieval.reader import landlock, system_calls, zygote

if __name__ == "__main__":
    landlock.version = lambda: 0
    system_calls.is_known = lambda: False
    zygote.main()
