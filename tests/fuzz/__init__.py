"""Hostile and broken answers: any bytes lead to a right snapshot or to one of the six errors."""
