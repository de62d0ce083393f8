"""Tasks of other benchmarks as blueprints."""
