"""The application: the command line, the Discord client, refresh-ahead and the playground."""
