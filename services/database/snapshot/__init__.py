"""All rows of a service's tables, out of either kind of database and into either kind."""
