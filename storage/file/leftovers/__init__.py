"""Files beside the credential file that may hold tokens: temporary files of killed writers, and kept damaged bytes.

Temporary files are removed. Kept bytes stay, because they may have the last copy of a login; only the tokens of ended
logins are overwritten in them.
"""

__all__ = ["ended_logins", "quarantine", "redact", "temporary_files"]  # modules, each loaded by whoever needs it
