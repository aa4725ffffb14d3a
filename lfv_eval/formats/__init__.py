"""Bytes to records: one module for each kind of document."""
