"""Watching a run: Prometheus metrics, a structured log, OpenTelemetry spans; no message text, no secrets."""
