"""A run shown over HTTP while it goes on, and marked by whoever reads it."""
