"""What a reply of an authorization server means: its tokens, its refusal, or trouble that may pass."""
