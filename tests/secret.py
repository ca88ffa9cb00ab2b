"""The signing secret of all tests; in a module that costs the processes which tests start nothing to import."""

SECRET = "a-secret-that-only-tests-ever-use-0123456789"
