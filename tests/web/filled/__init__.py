"""An account that has been used for long: rows in the tables as the services would leave them."""
