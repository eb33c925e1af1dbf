"""Names of environment variables that no vendor's row may use for a token, a client id or a secret.

Loaders, shells, interpreters and network libraries obey these variables. A token in one of them would decide which code
the child runs or where its requests go. A vendor's server chooses the text of a token. A variable with a client
secret is removed from every child's environment, so no child could use it. The list names kinds of variables, not
programs: a prefix also covers variables of future releases.
"""

from __future__ import annotations

from typing import Final

_PREFIXES: Final = (
    *("LD_", "DYLD_", "GLIBC_", "MALLOC_", "ASAN_", "NIX_", "GTK_", "QT_", "GIO_"),  # loaders and the C library
    *("BASH_", "LC_"),  # shells and locales
    *("PYTHON", "PIP_", "UV_", "CONDA_", "POETRY_", "NODE_", "NPM_CONFIG_", "ELECTRON_", "BUN_", "DENO_", "YARN_"),
    *("PERL5", "PERL_", "PERLLIB", "RUBY", "GEM_", "BUNDLE_", "LUA_", "PHP_", "TCL_", "JULIA_"),
    *("JAVA_", "_JAVA_", "JDK_", "DOTNET_", "CORECLR_", "COR_", "MONO_", "ERL_", "ELIXIR_"),
    *("GIT_", "SSH_", "SUDO_", "XDG_", "DBUS_", "SYSTEMD_", "OPENAB_"),
    *("SSL", "OPENSSL_", "CURL_", "REQUESTS_", "KRB5"),
)
_SUFFIXES: Final = (
    *("_PROXY", "_URL", "_HOST", "_ENDPOINT", "_SOCK", "_CA_BUNDLE", "_CA_CERT", "_CA_CERTS"),  # where requests go
    *("_PRELOAD", "_OPTIONS", "_OPTS", "_FLAGS", "_WRAPPER", "_LINKER", "_RUNNER", "_ASKPASS", "_EDITOR", "_PAGER"),
    *("_PATH", "_PATHS", "_HOME", "_DIR", "_DIRS", "_FILE", "_CONFIG", "_RC"),
    *("_COMMAND", "_ARGS", "_SSH", "_RSH", "_SHELL", "_BROWSER", "_HOOKS", "_PLUGINS", "_MODULES"),
)
# fmt: off
_NAMES: Final = frozenset({
    "PATH", "HOME", "SHELL", "USER", "LOGNAME", "PWD", "OLDPWD", "ENV", "IFS", "CDPATH", "FPATH", "GLOBIGNORE",
    "SHELLOPTS", "BASHOPTS", "ZDOTDIR", "FCEDIT", "HISTFILE", "INPUTRC", "MAIL", "PS0", "PS1", "PS2", "PS3", "PS4",
    "PROMPT", "PROMPT_COMMAND", "RPROMPT", "TERM", "TERMCAP", "TERMINFO", "TERMINFO_DIRS", "COLUMNS", "LINES",
    "TMPDIR", "TMP", "TEMP", "TEMPDIR", "EDITOR", "VISUAL", "PAGER", "MANPAGER", "LESS", "LESSOPEN", "LESSCLOSE",
    "BROWSER", "DISPLAY", "TZ", "TZDIR", "LANG", "LANGUAGE", "LOCPATH", "NLSPATH", "VIRTUAL_ENV", "PHPRC",
    "TCLLIBPATH", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "RESOLV_HOST_CONF", "NODE", "CLASSPATH", "GOPATH",
    "GOROOT", "GOFLAGS", "GOPROXY", "GOTOOLCHAIN", "GOENV", "RUSTFLAGS", "RUSTC", "RUSTUP_TOOLCHAIN", "CARGO",
    "MANPATH", "KUBECONFIG", "DOCKER_HOST", "DOCKER_CONFIG", "R_PROFILE", "R_PROFILE_USER", "R_ENVIRON",
    "R_ENVIRON_USER", "R_LIBS", "R_LIBS_USER", "MAKEFLAGS", "CC", "CXX", "VIMINIT", "EXINIT", "WGETRC", "SCREENRC",
    "HGRCPATH", "GNUPGHOME", "AWKPATH", "LIBPATH", "SHLIB_PATH", "MAKEFILES", "PSMODULEPATH", "R_LIBS_SITE", "NETRC",
    "EMACSLOADPATH", "CPATH", "GCC_EXEC_PREFIX", "AR", "AS", "LD", "CPP", "RUSTDOC", "CAMLRUNPARAM", "OCAMLRUNPARAM",
    "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PSQLRC", "PATHEXT", "COMSPEC",
})
# fmt: on


def is_reserved(variable: str) -> bool:
    """Return whether programs other than the vendor's own obey this variable; capitals make no difference."""
    name = variable.upper()  # curl obeys `http_proxy`, npm `npm_config_…`
    return name in _NAMES or name.startswith(_PREFIXES) or name.endswith(_SUFFIXES)
