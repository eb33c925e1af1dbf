"""A commit, before it reaches a disk or a database: drafts, mutations and their outcomes, run as one batch.

Every backend uses the same rules: which pending logins a commit drops, and which spilled login may replace another.
"""
