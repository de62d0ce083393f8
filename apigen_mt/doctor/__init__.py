"""Whether all is there that a run needs: the installation, a place to write, keys, and endpoints that can do it."""
