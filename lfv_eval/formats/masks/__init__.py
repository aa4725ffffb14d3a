"""Mask files to pixel counts."""
