"""The page's views of the store and of requests contain no secret."""

from __future__ import annotations

import json
import time
from pathlib import Path

from openab_auth.bot.playground.issuer import ReceivedRequest
from openab_auth.bot.playground.masked_views import entry_views, request_views
from openab_auth.storage import open_store
from openab_auth.storage.commit.draft import Draft
from openab_auth.storage.entries import McpEntry, PendingEntry, TokenEntry
from openab_auth.storage.records.notes import Note
from openab_auth.storage.secret import Secret


def test_the_store_is_shown_without_its_secrets(tmp_path: Path) -> None:
    store = open_store(tmp_path / "auth.json")

    def log_in(draft: Draft) -> None:
        draft["lab"] = TokenEntry(Secret("canary-a"), Secret("canary-b"), 1_900_000_000, "https://t.example/t", "lab")
        draft["pending:lab:7"] = PendingEntry(
            Secret("canary-c"), Secret("canary-d"), "https://t.example/t", "lab", created_at=int(time.time())
        )
        draft["tools"] = McpEntry("id", {"access_token": "canary-e", "token_type": "bearer"})
        draft.notes["lab"] = Note(account="ada@example.com")

    store.update(log_in)
    facts = entry_views(store)
    assert "canary" not in json.dumps(facts)
    by_key = {fact["title"]: fact["facts"] for fact in facts}
    assert by_key["lab"]["account"] == "ada@example.com"
    assert by_key["lab"]["access_token"] != by_key["lab"]["refresh_token"]
    assert {fact["title"]: fact["kind"] for fact in facts} == {
        "lab": "login",
        "pending:lab:7": "pending",
        "tools": "mcp",
    }


def test_requests_are_shown_without_their_secrets() -> None:
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": "canary-a",
        "client_id": "desk",
        "later_field": "canary-b",
    }
    (fact,) = request_views([ReceivedRequest("POST", "/token", {"Cookie": "canary-c"}, fields, "")])
    assert "canary" not in json.dumps(fact)
    assert (fact["title"], fact["facts"]["grant_type"]) == ("POST /token", "refresh_token")


def test_the_newest_request_comes_first() -> None:
    seen = [ReceivedRequest("POST", f"/{number}", {}, {}, "") for number in range(60)]
    facts = request_views(seen)
    assert (facts[0]["title"], len(facts)) == ("POST /59", 50)


def test_equal_requests_in_a_row_share_one_view_with_a_count() -> None:
    polls = [
        ReceivedRequest("POST", "/token", {}, {"device_code": "canary"}, "", at, 400, "slow_down") for at in (1, 2, 3)
    ]
    last = ReceivedRequest("POST", "/token", {}, {"device_code": "canary"}, "", 4, 200)
    facts = request_views([*polls, last])
    assert [(fact["times"], fact["at"], fact["status"]) for fact in facts] == [(1, 4, 200), (3, 3, 400)]
