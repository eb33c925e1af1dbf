"""The application: config, command line, client and playground; knows every floor below."""
