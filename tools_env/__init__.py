"""The world: environments, tools, rules, snapshots, sessions, replay and the API graph. Knows no language model."""
