"""Read a reply of an authorization server: its tokens, its refusal, or trouble that may pass."""
