"""A source at a broker has the methods of a source on a store, with the same parameters."""

from __future__ import annotations

import inspect

import pytest

from openab_auth.oauth.tokens import TokenSource
from openab_auth.oauth.tokens.broker import BrokerTokenSource
from openab_auth.oauth.tokens.sync import SyncTokenSource

METHODS = [name for name in vars(TokenSource) if not name.startswith("_") and name not in {"at", "store", "living"}]


@pytest.mark.parametrize("name", METHODS)
def test_it_has_the_method_with_the_same_parameters(name: str) -> None:
    ours, theirs = getattr(BrokerTokenSource, name), getattr(TokenSource, name)

    assert [*inspect.signature(ours).parameters.values()] == [*inspect.signature(theirs).parameters.values()]
    assert inspect.iscoroutinefunction(ours) is inspect.iscoroutinefunction(theirs)


def test_both_faces_are_opened_at_a_broker_in_the_same_way() -> None:
    ours, theirs = (inspect.signature(kind.at).parameters for kind in (TokenSource, SyncTokenSource))

    assert [*ours.values()] == [*theirs.values()]
