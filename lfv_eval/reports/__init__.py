"""A finished audit to bytes: one module for each form."""
