"""A commit, before it reaches a disk or a database: drafts, mutations and their outcomes, run as one batch.

Every backend runs it inside its locked section, and every commit drops the pending logins that nobody can finish.
"""
