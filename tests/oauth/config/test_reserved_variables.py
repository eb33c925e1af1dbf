"""No row may name these variables: a token in them would choose a program, or an address."""

from __future__ import annotations

import pytest

from openab_auth.oauth.config import Config, is_reserved
from openab_auth.oauth.errors import ConfigError
from openab_auth.oauth.vendors import Catalogue

# fmt: off
OBEYED = [
    "PATH", "HOME", "SHELL", "ENV", "BASH_ENV", "IFS", "PS4", "PROMPT_COMMAND", "CDPATH", "ZDOTDIR", "SHELLOPTS",
    "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH",
    "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT", "NODE_OPTIONS", "NODE_PATH",
    "NODE_EXTRA_CA_CERTS", "PERL5LIB", "PERL5OPT", "PERL5DB", "RUBYOPT", "RUBYLIB", "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF", "GIT_CONFIG", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH",
    "HTTP_PROXY", "https_proxy", "all_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE",
    "OPENSSL_CONF", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "XDG_CONFIG_HOME", "TMPDIR", "EDITOR", "PAGER",
    "BROWSER", "LESSOPEN", "npm_config_registry", "PIP_INDEX_URL", "LUA_INIT", "PHPRC", "DOTNET_STARTUP_HOOKS",
    "SSH_AUTH_SOCK", "SSH_ASKPASS", "KUBECONFIG", "DOCKER_HOST", "OPENAB_AUTH_CONFIG", "OPENAB_AUTH_STORE",
    "ANTHROPIC_BASE_URL", "CODEX_HOME", "CLAUDE_CONFIG_DIR", "AWS_CONFIG_FILE", "RSYNC_RSH", "GNUPGHOME",
    "ELECTRON_RUN_AS_NODE", "MAKEFILES", "PSModulePath", "R_LIBS_SITE", "NETRC", "EMACSLOADPATH", "CPATH", "LD",
    "GCC_EXEC_PREFIX", "CAMLRUNPARAM", "PGHOST", "PGSERVICEFILE", "PATHEXT",
]
# fmt: on


@pytest.mark.parametrize("variable", OBEYED)
def test_a_variable_that_other_programs_obey_is_reserved(variable: str) -> None:
    assert is_reserved(variable)


def test_no_variable_of_the_shipped_rows_is_reserved() -> None:
    named = {
        name
        for vendor in Catalogue.shipped({}).all()
        for name in (*vendor.env, vendor.exec_env, vendor.client_id_env, vendor.client_secret_env)
        if name
    }

    assert "CLAUDE_CODE_OAUTH_TOKEN" in named
    assert not list(filter(is_reserved, named))


@pytest.mark.parametrize(
    "name", ["GITHUB_TOKEN", "NPM_TOKEN", "PERPLEXITY_API_KEY", "MANUS_API_KEY", "PSONO_API_KEY", "PHPSTAN_TOKEN"]
)
def test_a_variable_for_a_token_is_not(name: str) -> None:
    assert not is_reserved(name)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"exec_env": "PATH"}, "vendors.claude.exec_env"),
        ({"env": ["ANTHROPIC_API_KEY", "LD_PRELOAD"]}, "vendors.claude.env"),
        ({"client_id_env": "HOME"}, "vendors.claude.client_id_env"),
        ({"client_secret_env": "PATH"}, "vendors.claude.client_secret_env"),
    ],
)
def test_no_key_of_a_vendor_takes_one(table: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Catalogue.from_config(Config(vendors={"claude": table}), {"PATH": "/bin", "HOME": "/home/ada"})

    [(at, reason)] = caught.value.mistakes
    assert at == key
    assert "loaders" in reason


@pytest.mark.parametrize("key", ["client_id_env", "client_secret_env"])
def test_no_key_of_a_server_takes_one(key: str) -> None:
    server = {"url": "https://mcp.example/mcp", "client_id": "app", key: "HOME"}

    with pytest.raises(ConfigError, match=rf"mcp\.lab\.{key}: .*loaders"):
        Catalogue.from_config(Config(mcp={"lab": server}), {"HOME": "/home/ada"})
