"""Metrics of a running bot or broker, for Prometheus; a process without an address for health imports none of this."""
