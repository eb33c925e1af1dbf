"""The messages with buttons, the forms and the lists of choices."""

from openab_auth.cogs.auth.views.all_buttons import ALL_BUTTONS
from openab_auth.cogs.auth.views.ask_access import ways_to_access
from openab_auth.cogs.auth.views.buttons import (
    LastPage,
    LoginButton,
    PersonHandler,
    PressHandler,
    ThreadHandler,
    fitting,
)
from openab_auth.cogs.auth.views.choices import (
    NO_CHOICE,
    account_choices,
    login_choices,
    logout_choices,
    no_choice,
    pending_choices,
    server_choices,
    state_label,
    suggest,
)
from openab_auth.cogs.auth.views.failure import failure_message, report, told_with
from openab_auth.cogs.auth.views.help import help_message
from openab_auth.cogs.auth.views.login.cards import LoginCards, card_of, takes_paste
from openab_auth.cogs.auth.views.login.conflict import conflict_question
from openab_auth.cogs.auth.views.login.how import how_message
from openab_auth.cogs.auth.views.login.message import login_message
from openab_auth.cogs.auth.views.login.paste_form import PasteButton, SubmittedForm, message_key, read_submit
from openab_auth.cogs.auth.views.logout import logout_question
from openab_auth.cogs.auth.views.notices import notice_message
from openab_auth.cogs.auth.views.person import leave_message, person_question
from openab_auth.cogs.auth.views.servers import added_message, removed_message
from openab_auth.cogs.auth.views.status import status_message
from openab_auth.cogs.auth.views.thread.accounts import (
    agreement_buttons,
    agreement_question,
    chosen_message,
    thread_lines,
    thread_message,
)
from openab_auth.cogs.auth.views.thread.permissions import missing_permissions
from openab_auth.cogs.auth.views.thread.requests import answered_request, request_message, unanswered_request

__all__ = [
    "ALL_BUTTONS",
    "NO_CHOICE",
    "LastPage",
    "LoginButton",
    "LoginCards",
    "PasteButton",
    "PersonHandler",
    "PressHandler",
    "SubmittedForm",
    "ThreadHandler",
    "account_choices",
    "added_message",
    "agreement_buttons",
    "agreement_question",
    "answered_request",
    "card_of",
    "chosen_message",
    "conflict_question",
    "failure_message",
    "fitting",
    "help_message",
    "how_message",
    "leave_message",
    "login_choices",
    "login_message",
    "logout_choices",
    "logout_question",
    "message_key",
    "missing_permissions",
    "no_choice",
    "notice_message",
    "pending_choices",
    "person_question",
    "read_submit",
    "removed_message",
    "report",
    "request_message",
    "server_choices",
    "state_label",
    "status_message",
    "suggest",
    "takes_paste",
    "thread_lines",
    "thread_message",
    "told_with",
    "unanswered_request",
    "ways_to_access",
]
