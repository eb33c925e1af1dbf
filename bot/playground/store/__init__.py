"""The store of the playground, and the processes that hold its locks."""
