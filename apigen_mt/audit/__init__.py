"""The audit: finished talks spoilt and varied in known ways, to measure the verdict itself."""
