"""Health: what probes ask of a running bot or broker, the pages that answer, and the command that asks."""
