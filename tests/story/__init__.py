"""A year of an account, and a second, much simpler calculation of what must come of it."""
