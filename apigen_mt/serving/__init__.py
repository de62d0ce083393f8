"""Serving: `vllm serve` as a child of the run, ready before the first request and gone when the run is."""
