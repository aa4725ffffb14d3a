"""Which definitions a report used for the numbers of its anomaly labels."""
