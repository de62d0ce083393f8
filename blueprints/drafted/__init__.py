"""Drafted tasks: a model proposes everything from sampled context, and the gates decide (arXiv 2504.03601 §3)."""
