"""The dashboard: server-rendered pages, one module each, which work without JavaScript."""
