"""Reading web pages and sites, politely, and without a way into private networks."""
