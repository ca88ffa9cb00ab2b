"""The web process: pages for browsers, made of what the four services say."""
