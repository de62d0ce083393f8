"""Language models over the wire: one client, retries in one place, a token budget, replies journalled before use."""
