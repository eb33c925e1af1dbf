"""The promises of every backend about notes, registered clients and added servers."""

from __future__ import annotations

from openab_auth.storage import (
    CLIENTS,
    FACTS,
    NOTES,
    SERVERS,
    THREADS,
    AddedServer,
    ClientRecord,
    Draft,
    Failed,
    LoginFacts,
    Note,
    Secret,
    Store,
    ThreadChoices,
    UserId,
)
from tests.storage.entries import NOW, token


class RecordContract:
    def test_notes_are_kept_beside_their_login_and_go_with_it(self, store: Store) -> None:
        def log_in(draft: Draft) -> None:
            draft["codex"] = token()
            draft.notes["codex"] = Note("ada@example.com", UserId(7), NOW, ("a", "b"))
            draft.notes["nobody"] = Note("x")

        store.update(log_in)
        assert dict(store.notes()) == {"codex": Note("ada@example.com", UserId(7), NOW, ("a", "b"))}
        store.update(lambda draft: draft.pop("codex"))
        assert dict(store.notes()) == {}

    def test_facts_are_kept_beside_their_login_and_go_with_it(self, store: Store) -> None:
        facts = LoginFacts((token().refresh_token.fingerprint(),), {"client_id": "c", "headers": {"X": "${Y}"}})

        def log_in(draft: Draft) -> None:
            draft["codex"] = token()
            draft.facts["codex"] = facts

        store.update(log_in)
        assert dict(store.facts()) == dict(store.records(FACTS)) == {"codex": facts}
        store.update(lambda draft: draft.pop("codex"))
        assert dict(store.facts()) == {}

    def test_clients_are_read_back_and_outlive_every_login(self, store: Store) -> None:
        client = ClientRecord("c1", Secret("cs"), NOW + 60, {"issuer": "https://as.example", "scopes": ["a", "b"]})

        def register(draft: Draft) -> None:
            draft["codex"] = token()
            draft.clients["mcp:linear"] = client

        store.update(register)
        store.update(lambda draft: draft.pop("codex"))

        assert dict(store.clients()) == {"mcp:linear": client}
        assert store.update(lambda draft: draft.clients.pop("mcp:linear")) == client
        assert dict(store.clients()) == {}

    def test_added_servers_are_read_back_and_a_raising_mutation_adds_none(self, store: Store) -> None:
        linear = AddedServer("https://mcp.linear.app/mcp", UserId(7), NOW)

        def add_and_fail(draft: Draft) -> None:
            draft.servers["other"] = linear
            raise LookupError

        failed, _ = store.update_all([add_and_fail, lambda draft: draft.servers.__setitem__("linear", linear)])

        assert isinstance(failed, Failed)
        assert dict(store.servers()) == {"linear": linear}
        assert store.update(lambda draft: draft.servers.pop("linear")) == linear
        assert dict(store.servers()) == {}

    def test_records_about_threads_outlive_every_login_and_a_raising_mutation_writes_none(self, store: Store) -> None:
        choice = ThreadChoices({"codex": "work"})

        def choose(draft: Draft) -> None:
            draft["codex@work"], draft.threads["choice:7"] = token("codex@work"), choice

        def choose_and_fail(draft: Draft) -> None:
            draft.threads["choice:8"] = choice
            raise LookupError

        _, failed = store.update_all([choose, choose_and_fail])
        store.update(lambda draft: draft.pop("codex@work"))

        assert isinstance(failed, Failed)
        assert dict(store.threads()) == dict(store.records(THREADS)) == {"choice:7": choice}
        assert store.update(lambda draft: draft.threads.pop("choice:7")) == choice
        assert dict(store.threads()) == {}

    def test_records_are_read_by_their_kind(self, store: Store) -> None:
        note, client, server = Note("ada"), ClientRecord("c1"), AddedServer("https://mcp.example", UserId(7), NOW)

        def log_in(draft: Draft) -> None:
            draft["codex"], draft.notes["codex"] = token(), note
            draft.clients["mcp:x"], draft.servers["x"] = client, server

        store.update(log_in)

        assert dict(store.records(NOTES)) == {"codex": note}
        assert dict(store.records(CLIENTS)) == {"mcp:x": client}
        assert dict(store.records(SERVERS)) == {"x": server}

    def test_a_raising_mutation_registers_nothing(self, store: Store) -> None:
        def register_and_fail(draft: Draft) -> None:
            draft.clients["x"] = ClientRecord("c1")
            raise LookupError

        outcomes = store.update_all(
            [register_and_fail, lambda draft: draft.clients.__setitem__("y", ClientRecord("c2"))]
        )

        assert isinstance(outcomes[0], Failed)
        assert dict(store.clients()) == {"y": ClientRecord("c2")}
