"""A program that uses every public name, as docs/how-to/agents.md does. Two type checkers read it strictly."""

import asyncio
import sys

import httpx2

import openab_auth
from openab_auth import AccessToken, AsyncStore, OpenabAuthError, Secret, Store, TokenSource, sync


def first_tenant(store: Store) -> str | None:
    """Return the key of any stored login."""
    return next(iter(store.read()), None)


def count(draft: openab_auth.Draft) -> int:
    """Return how many entries a locked update sees."""
    return len(draft)


async def authorization(source: TokenSource, vendor: str) -> str:
    """Return a header for a request to the vendor, renewed once after a refusal."""
    token: AccessToken = await source.get_valid(vendor)
    token = await source.force_refresh(vendor, rejected=token)
    secret: Secret = token.value
    return f"Bearer {secret.reveal()} until {token.expires_at}"


def without_a_loop(store: Store) -> int:
    """Return the status of a request of a synchronous client."""
    with sync.TokenSource(store, thread=700) as source, httpx2.Client(auth=source.auth("claude")) as client:
        source.force_refresh("claude", rejected=source.get_valid("claude", wait=900))
        return client.get("https://api.example.com/").status_code


def describe(runtime: openab_auth.Runtime) -> str:
    """Return where a host bot's logins lie, and how many vendors it offers."""
    return f"{runtime.location}: {len(runtime.catalogue.offered())}"


def open_here(location: str) -> Store:
    """Open a store with an encryption key of the environment, if there is one."""
    try:
        return openab_auth.open_store(location, openab_auth.StoreOptions(keys=("2026-11=env:OPENAB_AUTH_KEY",)))
    except openab_auth.StoreSettingsError:
        return openab_auth.open_store(location)


async def main(location: str) -> int:
    """Show each failure that an agent can act on."""
    store = open_here(location)
    print(first_tenant(store), await AsyncStore(store).update(count))
    try:
        async with TokenSource(store) as source:
            print(await authorization(source, "claude"))
    except (openab_auth.NotLoggedInError, openab_auth.LoginDeadError):
        return 3
    except (openab_auth.RefreshBusyError, openab_auth.VendorUnavailableError):
        return 5
    except (openab_auth.StoreUnreadableError, openab_auth.StoreUnwritableError) as error:
        print(error.todo)
        return 6
    except (openab_auth.VendorMisconfiguredError, openab_auth.OAuthError, openab_auth.StorageError) as error:
        print(error.happened)
        return 2
    except OpenabAuthError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
