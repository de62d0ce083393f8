"""Benchmarks: speeds, sizes and counts of what the project promises; `make bench` runs them all."""
