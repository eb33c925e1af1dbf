"""The operator's config: find it, read it only if it can be trusted, and check its tables."""

from openab_auth.lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it for true; `import typing` would cost more than a read of the store
if TYPE_CHECKING:
    from openab_auth.oauth.config.channels import CHANNEL_KEYS, ChannelSettings
    from openab_auth.oauth.config.config import (
        AuthSettings,
        BotSettings,
        BrokerSettings,
        Config,
        LogFormat,
        LogSettings,
        OnLeave,
        parse_config,
    )
    from openab_auth.oauth.config.location import DEFAULT_STORE, store_location
    from openab_auth.oauth.config.obscured_text import NotObscuredError, obscure, unobscure
    from openab_auth.oauth.config.paths import expand_home, path_from_variable
    from openab_auth.oauth.config.programs import absolute_path, find_program, working_folder
    from openab_auth.oauth.config.reserved_variables import is_reserved
    from openab_auth.oauth.config.secret_file import SecretFileError, read_secret_file
    from openab_auth.oauth.config.store_settings import STORE_KEYS, StoreSettings
    from openab_auth.oauth.config.table import ConfigMistake, ConfigMistakes, ConfigTable, IpAddress
    from openab_auth.oauth.config.trusted_file import RefusedFileError, read_trusted_file
    from openab_auth.oauth.config.variables import (
        environment_value,
        replace_variables,
        variables_in,
        without_blanks,
    )

__all__ = [
    "CHANNEL_KEYS",
    "DEFAULT_STORE",
    "STORE_KEYS",
    "AuthSettings",
    "BotSettings",
    "BrokerSettings",
    "ChannelSettings",
    "Config",
    "ConfigMistake",
    "ConfigMistakes",
    "ConfigTable",
    "IpAddress",
    "LogFormat",
    "LogSettings",
    "NotObscuredError",
    "OnLeave",
    "RefusedFileError",
    "SecretFileError",
    "StoreSettings",
    "absolute_path",
    "environment_value",
    "expand_home",
    "find_program",
    "is_reserved",
    "obscure",
    "parse_config",
    "path_from_variable",
    "read_secret_file",
    "read_trusted_file",
    "replace_variables",
    "store_location",
    "unobscure",
    "variables_in",
    "without_blanks",
    "working_folder",
]

if not TYPE_CHECKING:  # otherwise a type checker would accept every name
    __getattr__ = lazy_names(
        __name__,
        {
            "CHANNEL_KEYS": "channels",
            "ChannelSettings": "channels",
            "DEFAULT_STORE": "location",
            "AuthSettings": "config",
            "BotSettings": "config",
            "BrokerSettings": "config",
            "Config": "config",
            "LogFormat": "config",
            "LogSettings": "config",
            "OnLeave": "config",
            "parse_config": "config",
            "STORE_KEYS": "store_settings",
            "StoreSettings": "store_settings",
            "store_location": "location",
            "NotObscuredError": "obscured_text",
            "obscure": "obscured_text",
            "unobscure": "obscured_text",
            "expand_home": "paths",
            "path_from_variable": "paths",
            "absolute_path": "programs",
            "find_program": "programs",
            "working_folder": "programs",
            "is_reserved": "reserved_variables",
            "ConfigMistake": "table",
            "ConfigMistakes": "table",
            "ConfigTable": "table",
            "IpAddress": "table",
            "SecretFileError": "secret_file",
            "read_secret_file": "secret_file",
            "RefusedFileError": "trusted_file",
            "read_trusted_file": "trusted_file",
            "environment_value": "variables",
            "replace_variables": "variables",
            "variables_in": "variables",
            "without_blanks": "variables",
        },
    )
