"""What a confidence means, which average precision was reported, and where the threshold lies."""
