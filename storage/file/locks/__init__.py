"""The locks of the file store: flock(2) on sidecar files."""

from openab_auth.storage.file.locks.flock import check_lock
from openab_auth.storage.file.locks.global_lock import GlobalLock
from openab_auth.storage.file.locks.lease import FileLease

__all__ = ["FileLease", "GlobalLock", "check_lock"]
