"""Masks compared with a tolerance."""
