"""Read the records about threads: owner, policy, choices and agreements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openab_auth.storage.records.threads import (
    PERSONAL_ACCOUNTS,
    SHARED_ACCOUNTS,
    AccountPolicy,
    Agreement,
    Policies,
    SeenThread,
    ThreadChoices,
    ThreadId,
    ThreadRecord,
    agreement_key,
    choice_key,
    policy_key,
    thread_key,
)

if TYPE_CHECKING:
    from openab_auth.oauth.config import AuthSettings
    from openab_auth.storage.entries import UserId


def policies_in(auth: AuthSettings) -> Policies:
    """Return the policies of a config, which the bot stores for agents without that config."""
    channels = ((channel, settings.accounts) for channel, settings in auth.channels.items())
    return Policies(auth.accounts, channels={channel: policy for channel, policy in channels if policy})


class ThreadRecords:
    """The records about threads of one store, as they were read."""

    def __init__(self, records: Mapping[str, ThreadRecord]) -> None:
        self._records = records

    def seen(self, thread: ThreadId) -> SeenThread | None:
        """Return what a bot knows of a thread; None if no bot has seen it."""
        found = self._records.get(thread_key(thread))
        return found if isinstance(found, SeenThread) else None

    def owner(self, thread: ThreadId) -> UserId | None:
        """Return the owner of a thread; None if there is none, or if no bot has seen the thread."""
        seen = self.seen(thread)
        return seen.owner if seen else None

    def labels(self, thread: ThreadId) -> Mapping[str, str]:
        """Return the labels of the chosen accounts, by `vendor_key`."""
        found = self._records.get(choice_key(thread))
        return found.labels if isinstance(found, ThreadChoices) else {}

    def agreement(self, person: UserId) -> Agreement:
        """Return the threads that a person's own accounts may serve."""
        found = self._records.get(agreement_key(person))
        return found if isinstance(found, Agreement) else Agreement()

    def may_serve(self, person: UserId, thread: ThreadId) -> bool:
        """Return whether a person has agreed that the own accounts serve this thread."""
        agreement = self.agreement(person)
        return thread in agreement.threads or (agreement.all_own and self.owner(thread) == person)

    def policies(self, application: int) -> Policies | None:
        """Return the policies of one bot; None if that bot has stored none."""
        found = self._records.get(policy_key(application))
        return found if isinstance(found, Policies) else None

    def policy_of(self, thread: ThreadId, config: Policies) -> AccountPolicy:
        """Return the policy of a thread: `personal` if the bot or the `config` of this process says so.

        Of a thread that no bot has seen, nobody knows the channel. It is `personal` if any policy is.
        """
        seen = self.seen(thread)
        stored = self.policies(seen.application) if seen else None
        if seen is None or stored is None:
            everyones = [record for record in self._records.values() if isinstance(record, Policies)]
            is_personal = any(policies.has_personal for policies in (*everyones, config))
            return PERSONAL_ACCOUNTS if is_personal else SHARED_ACCOUNTS
        channel = thread if seen.parent is None else seen.parent
        found = {policies.policy_of(channel, seen.guild) for policies in (stored, config)}
        return PERSONAL_ACCOUNTS if PERSONAL_ACCOUNTS in found else SHARED_ACCOUNTS
