"""The question before a logout names what a revocation may end as well."""

from __future__ import annotations

from openab_auth.cogs.auth.text.language import english
from openab_auth.cogs.auth.views.logout import logout_question
from openab_auth.oauth.logins import LoginDetails, LoginState
from openab_auth.storage import Tenant

LOGIN = LoginState(Tenant("lab"), "token", "ok", True, None, None, None, None, None, None)  # noqa: FBT003
OTHERS = (Tenant("lab@work"), Tenant("jay@u100"))


def test_it_names_the_logins_of_the_account_but_nobodys_personal_login() -> None:
    text = logout_question(english(), LoginDetails(LOGIN, "a1b2c3d4e5", revocable=True, shared_with=OTHERS)).content

    assert "is also stored as lab@work" in text
    assert "Somebody's personal login" in text
    assert "u100" not in text


def test_without_a_revocation_it_names_none() -> None:
    text = logout_question(english(), LoginDetails(LOGIN, "a1b2c3d4e5", revocable=False, shared_with=OTHERS)).content

    assert "lab@work" not in text
    assert "Somebody" not in text
