"""Tests of the user's own endpoint."""
