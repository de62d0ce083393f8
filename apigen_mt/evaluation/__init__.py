"""Agents measured on blueprints: pass^k, difficulty, and whose fault failures are."""
