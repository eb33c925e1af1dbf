"""Threads: which thread an agent works in, which account serves it and why, and who may change that."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.threads.changes import (
        agree,
        choose_account,
        drop_choice,
        forget_person,
        forget_thread,
        store_policies,
        store_threads,
    )
    from openab_auth.oauth.threads.choice import Because, ChosenAccount, choose, choose_without_thread, names_account
    from openab_auth.oauth.threads.overview import ThreadAccount, accounts_of_thread
    from openab_auth.oauth.threads.records import ThreadRecords, policies_in
    from openab_auth.oauth.threads.vendor_keys import vendor_key
    from openab_auth.oauth.threads.which_thread import THREAD_VARIABLE, thread_in, without_thread

__all__ = [
    "THREAD_VARIABLE",
    "Because",
    "ChosenAccount",
    "ThreadAccount",
    "ThreadRecords",
    "accounts_of_thread",
    "agree",
    "choose",
    "choose_account",
    "choose_without_thread",
    "drop_choice",
    "forget_person",
    "forget_thread",
    "names_account",
    "policies_in",
    "store_policies",
    "store_threads",
    "thread_in",
    "vendor_key",
    "without_thread",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "Because": "choice",
            "ChosenAccount": "choice",
            "THREAD_VARIABLE": "which_thread",
            "ThreadAccount": "overview",
            "ThreadRecords": "records",
            "accounts_of_thread": "overview",
            "agree": "changes",
            "choose": "choice",
            "choose_account": "changes",
            "choose_without_thread": "choice",
            "drop_choice": "changes",
            "forget_person": "changes",
            "forget_thread": "changes",
            "names_account": "choice",
            "policies_in": "records",
            "store_policies": "changes",
            "store_threads": "changes",
            "thread_in": "which_thread",
            "vendor_key": "vendor_keys",
            "without_thread": "which_thread",
        },
    )
