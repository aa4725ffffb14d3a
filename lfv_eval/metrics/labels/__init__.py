"""The numbers of anomaly labels, under every definition they could have."""
