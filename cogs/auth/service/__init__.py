"""The work behind the commands: ask the guard, then log in, log out, or add a server. It knows no Discord message."""

from openab_auth.cogs.auth.service.notices import DueNotice, Notices
from openab_auth.cogs.auth.service.people import Leave, People, PersonQuestion
from openab_auth.cogs.auth.service.requests import DueRequest, Requests, person_asked
from openab_auth.cogs.auth.service.servers import GROUP, Added
from openab_auth.cogs.auth.service.service import AuthService, open_service
from openab_auth.cogs.auth.service.threads import Threads

__all__ = [
    "GROUP",
    "Added",
    "AuthService",
    "DueNotice",
    "DueRequest",
    "Leave",
    "Notices",
    "People",
    "PersonQuestion",
    "Requests",
    "Threads",
    "open_service",
    "person_asked",
]
