"""Retail, the full-size domain: the service desk of a shop for home, garden and outdoor goods."""

from tools_env.domains.retail.shop import Retail

__all__ = ["Retail"]
