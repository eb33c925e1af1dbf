"""The pages in the person's browser: sign-in, device code, API keys, end, and error."""

from __future__ import annotations

from html import escape
from typing import Final

ACCOUNTS: Final = ("ada@example.com", "grace@example.com")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_ASKED: Final = {
    "openid": "know who you are",
    "email": "see your e-mail address",
    "offline_access": "stay signed in until you log out",
}
_OTHER: Final = """<label class="account"><input type="radio" name="account" value="">
<input name="other" aria-label="Another account" placeholder="another account" autocomplete="off" spellcheck="false"
maxlength="200"></label>"""
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif;
  --ground: #f3f1ec; --card: #fff; --text: #22201c; --faint: #625d55; --line: #d9d4ca; --accent: #9a3d12; --on: #fff }
@media (prefers-color-scheme: dark) { :root {
  --ground: #1b1916; --card: #26231f; --text: #efebe4; --faint: #b5aea3; --line: #47423a;
  --accent: #f2a97e; --on: #2a1206 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--ground); color: var(--text) }
main { width: min(25rem, 100%); background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.75rem 1.75rem 1.25rem }
.brand { margin: 0 0 1rem; font-weight: 600; color: var(--accent) }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem }
fieldset { border: 0; margin: 1.25rem 0 0; padding: 0 }
legend { font-weight: 600; padding: 0; margin-bottom: .35rem }
.account { display: flex; gap: .6rem; align-items: center; min-height: 2.75rem; padding: 0 .75rem; cursor: pointer;
  border: 1px solid var(--line); margin-top: -1px }
.account:first-of-type { border-radius: .5rem .5rem 0 0 } .account:last-of-type { border-radius: 0 0 .5rem .5rem }
input { accent-color: var(--accent); font: inherit }
label[for] { display: block; font-weight: 600; margin-top: 1rem }
#user_code { width: 100%; padding: .5rem .6rem; font: 600 1.4rem ui-monospace, monospace; letter-spacing: .1em;
  color: inherit; background: none; border: 1px solid var(--line); border-radius: .5rem }
[name=other] { flex: 1; min-width: 0; padding: .3rem .4rem; color: inherit; background: none;
  border: 1px solid var(--line); border-radius: .3rem }
.row { display: flex; gap: .6rem; margin-top: 1.25rem }
button { flex: 1; min-height: 2.75rem; font: inherit; font-weight: 600; cursor: pointer; border-radius: .5rem;
  border: 1px solid var(--line); background: none; color: inherit }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on) }
button.quiet { flex: none; min-height: 0; padding: .2rem 0; border: 0; font-weight: 400; color: var(--accent);
  text-decoration: underline }
:focus-visible { outline: .15rem solid var(--accent); outline-offset: .15rem }
code { display: block; padding: .6rem .75rem; overflow-wrap: anywhere; border: 1px solid var(--line);
  border-radius: .5rem }
.small { color: var(--faint); font-size: .875rem; margin: 1.25rem 0 0; overflow-wrap: anywhere }
"""


def sign_in_page(sign_in: str, client_id: str, scopes: tuple[str, ...], redirect_uri: str) -> str:
    """Return the page with the accounts, Allow and Deny."""
    asked = "".join(f"<li>{escape(_ASKED.get(scope, scope))}</li>" for scope in scopes)
    return _page(
        f"{client_id} wants to use your account",
        f"""<p>It asks for permission to:</p><ul>{asked}</ul>
<form method="post" action="/decision">
<input type="hidden" name="sign_in" value="{escape(sign_in)}">
{_accounts(_OTHER)}
<div class="row"><button class="main" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></div>
<p class="small">Next, the browser opens {escape(redirect_uri)}. That page does not load, and it does not need to. Copy
its whole address and paste it to the bot.</p>
<p class="small">To see how the bot handles an old code:
<button class="quiet" name="decision" value="expire">Allow with an expired code</button></p>
</form>""",
    )


def device_page(user_code: str) -> str:
    """Return the page with the code, the accounts, Allow and Deny (RFC 8628 section 3.3)."""
    return _page(
        "Enter the code from the bot",
        f"""<form method="post" action="/device">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="{escape(user_code)}" autocomplete="off" spellcheck="false"
required maxlength="20">
{_accounts()}
<div class="row"><button class="main" name="decision" value="allow">Allow</button>
<button name="decision" value="deny" formnovalidate>Deny</button></div>
</form>
<p class="small">Enter a code only if you requested it yourself a moment ago.</p>""",
    )


def keys_page(key: str | None) -> str:
    """Return the page where people make an API key; it shows a new `key` once."""
    made = f'<p>Your new key:</p><p><code id="key">{escape(key)}</code></p>' if key else ""
    ends = "Copy it now: this page shows it only once." if key else "A program with a key can use your account."
    return _page(
        "API keys",
        f"""{made}<p>{ends}</p>
<form method="post" action="/keys"><div class="row">
<button class="{"" if key else "main"}">Make {"another" if key else "a"} key</button></div></form>
<p class="small">Give the key to the bot alone: in the form of its message, which only you see.</p>""",
    )


def done_page(decision: str) -> str:
    """Return the last page of a device login; the bot learns the decision with its next poll."""
    decided = "You approved the login." if decision == "allow" else "You declined the login."
    return _page("Done", f"<p>{decided} You can close this page. The bot continues within seconds.</p>")


def refusal_page(reason: str) -> str:
    """Return the page for an invalid link; the browser is not redirected (RFC 6749 section 4.1.2.1)."""
    return _page(
        "This sign-in link is not valid",
        f"<p>{escape(reason)}</p><p>Get a new link with <strong>/auth login</strong>.</p>",
    )


def _accounts(other: str = "") -> str:
    """Return radio buttons for the known accounts, followed by `other`."""
    known = "".join(
        f'<label class="account"><input type="radio" name="account" value="{name}"{checked}>{name}</label>'
        for name, checked in zip(ACCOUNTS, (" checked", ""), strict=True)
    )
    return f"<fieldset><legend>Sign in as</legend>{known}{other}</fieldset>"


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n<main>\n"
        f'<p class="brand">The playground\'s vendor</p>\n<h1>{escape(title)}</h1>\n{body}\n</main>\n</html>\n'
    )
