"""The services behind Chat, reached through their stubs."""
