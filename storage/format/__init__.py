"""The text of the credential file, exactly as the Rust agents read and write it."""

from openab_auth.storage.format.keys import check_tenant

__all__ = ["check_tenant"]
