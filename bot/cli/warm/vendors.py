"""The facts about shipped vendors that a warm answer needs; a test compares them with `vendors.toml`."""

TENANTS = {
    "claude": "anthropic-oauth",
    "claude-code": "claude-code",
    "codex": "codex",
    "codex-device": "codex",
    "codex-cli": "codex-cli",
    "copilot": "copilot",
    "gemini": "gemini",
    "gemini-cli": "gemini-cli",
    "agy": "agy",
    "grok": "xai-oauth",
    "kiro": "kiro",
    "kimi": "kimi",
    "mimocode": "mimocode",
    "cursor": "cursor",
    "opencode": "opencode",
    "hermes": "hermes",
    "pi": "pi",
}

# The variable for a token, and the variables that the vendor's own tools would read before it.
VARIABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "anthropic-oauth": ("CLAUDE_CODE_OAUTH_TOKEN", ("ANTHROPIC_API_KEY",)),
    "claude-code": ("CLAUDE_CODE_OAUTH_TOKEN", ("ANTHROPIC_API_KEY",)),
    "codex": ("OPENAI_API_KEY", ("CODEX_API_KEY",)),
    "codex-cli": ("OPENAI_API_KEY", ("CODEX_API_KEY",)),
    "copilot": ("COPILOT_GITHUB_TOKEN", ()),
    "gemini": ("GOOGLE_API_KEY", ("GEMINI_API_KEY",)),
    "gemini-cli": ("GOOGLE_API_KEY", ("GEMINI_API_KEY",)),
    "xai-oauth": ("XAI_API_KEY", ()),
    "kiro": ("KIRO_API_KEY", ()),
    "kimi": ("KIMI_API_KEY", ()),
    "mimocode": ("MIMO_API_KEY", ()),
    "cursor": ("CURSOR_API_KEY", ()),
    "pi": ("ANTHROPIC_OAUTH_TOKEN", ()),
}
