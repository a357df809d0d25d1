"""Tests of the ledger's arithmetic, without Home Assistant."""
