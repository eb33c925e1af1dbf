"""The file store: the credential file, its sidecars, its journal and its record files."""

from openab_auth.storage.file import ownership, regular_file
from openab_auth.storage.file.store import FileStore

__all__ = ["FileStore", "ownership", "regular_file"]
