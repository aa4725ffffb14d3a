"""The rows of manifests: finding the attributes, reading fast, and tolerating what is odd."""
