"""The API keys of the embedded authorization server."""

from __future__ import annotations

import httpx2
import pytest

from openab_auth.bot.playground.issuer import Issuer, make_key


async def test_a_key_from_the_page_works_and_others_do_not(issuer: Issuer, http: httpx2.AsyncClient) -> None:
    page = (await http.get(issuer.keys.page)).text
    assert "Make a key" in page

    first, second = await make_key(issuer.keys.page), await make_key(issuer.keys.page)
    assert first != second
    for key, status in ((first, 200), (second, 200), ("key_invented", 401)):
        reply = await http.get(issuer.keys.check_url, headers={"Authorization": f"Bearer {key}"})
        assert reply.status_code == status
    assert first not in (await http.get(issuer.keys.page)).text


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer"}, {"Authorization": "Basic a2V5Og=="}])
async def test_a_check_without_a_key_is_refused(
    issuer: Issuer, http: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await http.get(issuer.keys.check_url, headers=headers)).status_code == 401
