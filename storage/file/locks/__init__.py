"""The locks of the file store: flock(2) on sidecar files."""
