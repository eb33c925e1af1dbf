"""The text of the credential file, exactly as the Rust agents read and write it."""
