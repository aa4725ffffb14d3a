"""Records to integer counts to values: one module for each metric family."""
