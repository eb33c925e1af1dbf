"""Find the operator's config, parse it, and collect every mistake in it.

A config decides which programs run, where tokens go and which variables are sent. So the file is read only if nobody
but root and this user can change it (`trusted_file`). The working directory is never searched, because agents work in
repositories of strangers (`paths`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast, get_args

from openab_auth.oauth.config.paths import find_config, path_in_config
from openab_auth.oauth.config.store_settings import StoreSettings, read_store_settings
from openab_auth.oauth.config.table import ConfigMistake, ConfigMistakes, ConfigTable, IpAddress
from openab_auth.oauth.config.variables import replace_variables
from openab_auth.oauth.errors import ConfigError
from openab_auth.storage.records.threads import SHARED_ACCOUNTS, AccountPolicy

if TYPE_CHECKING:
    from openab_auth.oauth.config.channels import ChannelSettings

TABLES: Final = ("discord", "store", "bot", "log", "auth", "broker", "vendors", "mcp")
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
LogFormat: TypeAlias = Literal["json", "text"]
OnLeave: TypeAlias = Literal["tell", "end"]  # tell the operators, or end everything that the person has
_FOR_OTHER_ROOMS: Final = ("discord", "mcp")  # other rooms replace the variables of these tables


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """Hold the `[auth]` table.

    `vendors` are the offered vendors, or None for every vendor without risk. `accept_risk` names the vendors whose
    risk the operator accepts. `refresh_ahead` lets the running bot renew tokens before they expire. With `ask`, agents
    that know their thread ask in it for a login that is missing. `mcp_json` is the
    path of openab's own list of MCP servers, empty for no list. `mcp_add` lets people add servers from Discord. With
    `mcp_proxy`, requests to MCP servers take the proxies of the environment. `accounts` says whose account serves a
    thread in which nobody has chosen, and `channels` what single channels override. `on_leave` says what the bot does
    when a person has left; None is nothing.
    """

    vendors: tuple[str, ...] | None = None
    accept_risk: tuple[str, ...] = ()
    allow_http_loopback: bool = False
    mcp_json: str = ""
    refresh_ahead: bool = True
    ask: bool = True
    mcp_add: bool = False
    mcp_proxy: bool = False
    accounts: AccountPolicy = SHARED_ACCOUNTS
    channels: Mapping[int, ChannelSettings] = field(default_factory=dict)
    on_leave: OnLeave | None = None


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Hold the `[bot]` table: `health` is the address for probes and metrics; None is no address."""

    health: IpAddress | None = None


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Hold the `[log]` table: from which `level` on `run`, `serve` and `mirror` log, and in which `format`.

    None as the format is text on a terminal, and JSON elsewhere.
    """

    level: LogLevel = "info"
    format: LogFormat | None = None


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Hold the `[broker]` table.

    `uids` are the users of this host who may do everything on the broker's socket without a key; None is the user who
    runs the broker, alone. `health` is as in `BotSettings`, for the broker.
    """

    uids: tuple[int, ...] | None = None
    health: IpAddress | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """Hold the operator's config and the mistakes that were found in it so far; `file` is its path.

    `discord` and `mcp` are raw tables: the rooms that know their keys check them, and replace their variables.
    `vendor_templates` are the vendors' tables with their `${VAR}`s, as the operator wrote them.
    """

    file: str | None = None
    store: StoreSettings = field(default=StoreSettings())
    bot: BotSettings = BotSettings()
    log: LogSettings = LogSettings()
    auth: AuthSettings = AuthSettings()
    broker: BrokerSettings = BrokerSettings()
    vendors: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)
    vendor_templates: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)
    discord: Mapping[str, object] = field(default_factory=dict, repr=False)
    mcp: Mapping[str, Mapping[str, object]] = field(default_factory=dict, repr=False)
    mistakes: tuple[ConfigMistake, ...] = ()


def parse_config(file: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the config at `file`, otherwise the config in a standard place, otherwise the defaults.

    Mistakes in the tables are in `Config.mistakes`: `vendors.read_config` raises them together with those of vendors.

    Raises:
        ConfigError: the file cannot be read, other users could have changed it, or it is not TOML.
    """
    file = file or find_config(environ)
    return _parse(str(file), _load(file, environ), environ) if file else Config()


def _load(file: Path, environ: Mapping[str, str]) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 - a process without a config does not pay for it

    from openab_auth.oauth.config import trusted_file  # noqa: PLC0415 - as above

    try:
        return tomllib.loads(trusted_file.read_trusted_file(file, environ).decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(file), (("", f"is no TOML ({error})"),)) from None
    except RecursionError:
        raise ConfigError(str(file), (("", "is nested too deeply"),)) from None
    except UnicodeDecodeError:
        raise ConfigError(str(file), (("", "is not UTF-8"),)) from None
    except ValueError:  # Python's own bound
        raise ConfigError(str(file), (("", "holds a number of too many digits"),)) from None
    except trusted_file.RefusedFileError as error:
        raise ConfigError(str(file), (("", str(error.strerror)),)) from None
    except OSError as error:
        raise ConfigError(str(file), (("", f"cannot be read ({error.strerror})"),)) from None


def _parse(file: str, found: dict[str, object], environ: Mapping[str, str]) -> Config:
    mistakes: ConfigMistakes = []
    values = {
        key: value if key in _FOR_OTHER_ROOMS else replace_variables(value, key, environ, mistakes)
        for key, value in found.items()
    }
    top = ConfigTable(values, "", mistakes)
    top.only(TABLES)
    store = ConfigTable(top.table("store"), "store", mistakes)
    auth = ConfigTable(top.table("auth"), "auth", mistakes)
    auth.only([key.name for key in fields(AuthSettings)])
    return Config(
        file=file,
        store=read_store_settings(store, file, environ),
        bot=_bot(top) if "bot" in found else BotSettings(),
        log=_log(top) if "log" in found else LogSettings(),
        auth=AuthSettings(
            vendors=auth.texts("vendors") if "vendors" in top.table("auth") else None,
            accept_risk=auth.texts("accept_risk"),
            allow_http_loopback=auth.flag("allow_http_loopback"),
            mcp_json=path_in_config(file, auth.text("mcp_json")),
            refresh_ahead=auth.flag("refresh_ahead", default=True),
            ask=auth.flag("ask", default=True),
            mcp_add=auth.flag("mcp_add"),
            mcp_proxy=auth.one_of("mcp_proxy", ("none", "environment"), "none") == "environment",
            accounts=_accounts(auth) if "accounts" in top.table("auth") else SHARED_ACCOUNTS,
            channels=_channels(auth) if "channels" in top.table("auth") else {},
            on_leave=_on_leave(auth) if "on_leave" in top.table("auth") else None,
        ),
        broker=_broker(top) if "broker" in found else BrokerSettings(),
        vendors=top.tables("vendors"),
        vendor_templates=ConfigTable(found, "", []).tables("vendors"),
        discord=top.table("discord"),
        mcp=top.tables("mcp"),
        mistakes=tuple(mistakes),
    )


def _bot(top: ConfigTable) -> BotSettings:
    bot = ConfigTable(top.table("bot"), "bot", top.mistakes)
    bot.only([key.name for key in fields(BotSettings)])
    return BotSettings(health=bot.ip_address("health"))


def _log(top: ConfigTable) -> LogSettings:
    values = top.table("log")
    log = ConfigTable(values, "log", top.mistakes)
    log.only([key.name for key in fields(LogSettings)])
    level = log.one_of("level", get_args(LogLevel), "info")
    style = log.one_of("format", get_args(LogFormat), "json") if "format" in values else None
    return LogSettings(cast("LogLevel", level), cast("LogFormat | None", style))


def _broker(top: ConfigTable) -> BrokerSettings:
    broker = ConfigTable(top.table("broker"), "broker", top.mistakes)
    broker.only([key.name for key in fields(BrokerSettings)])
    return BrokerSettings(uids=broker.uids("uids"), health=broker.ip_address("health"))


def _on_leave(auth: ConfigTable) -> OnLeave:
    return "end" if auth.one_of("on_leave", ("tell", "end"), "tell") == "end" else "tell"


def _accounts(auth: ConfigTable) -> AccountPolicy:
    from openab_auth.oauth.config.channels import read_policy  # noqa: PLC0415 - few configs have policies

    return read_policy(auth)


def _channels(auth: ConfigTable) -> Mapping[int, ChannelSettings]:
    from openab_auth.oauth.config.channels import read_channels  # noqa: PLC0415 - as above

    return read_channels(auth)
