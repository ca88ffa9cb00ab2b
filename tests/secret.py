"""The signing secret of all tests, in a module that is cheap to import."""

SECRET = "a-secret-that-only-tests-ever-use-0123456789"
