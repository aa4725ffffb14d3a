"""Statements of documents held against the evidence. One module for each group of checks."""
