"""Datasets out of rows: the canonical one of a run, and the views that trainers read (design: rows)."""
