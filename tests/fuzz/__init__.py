"""Hostile and broken responses: any bytes result in a correct snapshot or in an error."""
