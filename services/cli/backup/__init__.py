"""Backups: one file with all state of an installation."""
