"""Settings for every test: hypothesis draws the same examples on every machine, and a slow machine fails nothing."""

from hypothesis import settings

settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")
