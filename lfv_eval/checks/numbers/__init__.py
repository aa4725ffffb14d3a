"""Numbers without per-image data: which confusion matrices and which orders of the images can give them."""
