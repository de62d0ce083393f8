"""Who plays: the simulated human and the agent, as models or as rehearsal's scripts."""
