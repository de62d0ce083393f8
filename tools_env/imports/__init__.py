"""Worlds that others wrote, behind the port."""
