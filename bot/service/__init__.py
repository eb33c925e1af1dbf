"""A process that runs for long: its signals, the reload of its config, and what it tells systemd."""

from openab_auth.bot.service.changes import changed_keys
from openab_auth.bot.service.manager import ServiceManager
from openab_auth.bot.service.service import Reloaded, Service

__all__ = ["Reloaded", "Service", "ServiceManager", "changed_keys"]
