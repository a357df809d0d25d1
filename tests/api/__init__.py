"""Tests of the provider-neutral client."""
