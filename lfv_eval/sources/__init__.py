"""Where documents come from: a folder, S3, a live account."""
