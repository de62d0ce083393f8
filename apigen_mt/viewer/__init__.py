"""A talk as a page to read in a browser."""
