"""An account that has been used for long: rows written into the tables, as the services would have left them."""
