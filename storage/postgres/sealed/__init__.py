"""The rows as they are stored: the JSON of entries and records, encrypted for their own place alone."""
