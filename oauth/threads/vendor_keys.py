"""Name the vendor or server of an account, so that a thread has one choice for all words that mean it."""

from openab_auth.oauth.accounts import Account


def vendor_key(account: Account) -> str:
    """Return the key of an account's vendor in the choices of a thread.

    It is the tenant of the vendor's shared default, because several vendors may share a tenant. For a server it is
    `mcp:NAME`, because the tenant of a server depends on the other logins in the store.
    """
    name = account.name if account.is_server else account.tenant
    return name.removesuffix(f"@{account.label}") if account.label else name
