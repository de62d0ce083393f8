"""Proving what lies in files: rows, tasks, and the runs, datasets and exports that hold them."""
