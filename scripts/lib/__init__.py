"""The scripts that are written in Python."""
