"""The pages that a person sees in the browser: sign-in, and the refusal of a bad link."""

from __future__ import annotations

from html import escape

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 26rem; margin: 12vh auto; padding: 0 1.25rem }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600 }
input { width: 100%; box-sizing: border-box; padding: .6rem; font: inherit }
button { margin: 1rem .5rem 0 0; padding: .6rem 1.2rem; font: inherit; cursor: pointer }
.small { opacity: .8; font-size: .9rem }
"""


def sign_in_page(flow: str, client_id: str, scopes: tuple[str, ...], redirect_uri: str) -> str:
    """Choose an account, then Allow or Deny."""
    asked = ", ".join(scopes) or "nothing in particular"
    return _page(
        "Sign in to the playground's vendor",
        f"""<p><strong>{escape(client_id)}</strong> asks to act for you: {escape(asked)}.</p>
<form method="post" action="/decision">
<input type="hidden" name="flow" value="{escape(flow)}">
<label for="account">Account</label>
<input id="account" name="account" value="ada@example.com" autocomplete="off" spellcheck="false"
required maxlength="200">
<button name="decision" value="allow">Allow</button><button name="decision" value="deny" formnovalidate>Deny</button>
</form>
<p class="small">This vendor lives on your own machine; any account name will do. Afterwards the browser goes to
{escape(redirect_uri)}. That page will not load, and that is right: copy its whole address and paste it to
the bot.</p>""",
    )


def device_page(user_code: str) -> str:
    """Type the code, choose an account, then Allow or Deny (RFC 8628 3.3)."""
    return _page(
        "Type the code that the bot shows",
        f"""<form method="post" action="/device">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="{escape(user_code)}" autocomplete="off" spellcheck="false"
required maxlength="20">
<label for="account">Account</label>
<input id="account" name="account" value="ada@example.com" autocomplete="off" spellcheck="false"
required maxlength="200">
<button name="decision" value="allow">Allow</button><button name="decision" value="deny" formnovalidate>Deny</button>
</form>
<p class="small">Only type a code that you asked for yourself a moment ago.</p>""",
    )


def done_page(decision: str) -> str:
    """The end of a device login; the bot hears of it by itself."""
    said = "The agent is logged in." if decision == "allow" else "Nothing was allowed."
    return _page("That is all", f"<p>{said} You may close this page; the bot hears of it within seconds.</p>")


def refusal_page(reason: str) -> str:
    """A link that the server will not follow; the browser is not redirected (RFC 6749 section 4.1.2.1)."""
    return _page(
        "This sign-in link is not valid",
        f"<p>{escape(reason)}</p><p>Begin again with <strong>/auth login</strong>.</p>",
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n<main>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</html>\n"
    )
