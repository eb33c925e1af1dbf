"""What a person's client does not let them do, in its words."""

from __future__ import annotations


class ClientRefusedError(Exception):
    """A person's client does not let them do this; nothing reached the bot."""


def no_such_command(command: str) -> ClientRefusedError:
    """It is not registered, or not offered in this place."""
    return ClientRefusedError(f"There is no command /{command} here.")


def no_such_option(command: str, option: str) -> ClientRefusedError:
    """The command does not declare it."""
    return ClientRefusedError(f"/{command} has no option {option}.")


def missing_options(command: str, names: list[str]) -> ClientRefusedError:
    """Required ones were not given."""
    return ClientRefusedError(f"/{command} needs {', '.join(names)}.")


def bad_value(option: str) -> ClientRefusedError:
    """The value is of another type, too long, or none of the declared choices."""
    return ClientRefusedError(f"The option {option} does not take this value.")


def no_autocomplete(option: str) -> ClientRefusedError:
    """The option does not declare it."""
    return ClientRefusedError(f"Nothing is offered for the option {option}.")


def no_such_message() -> ClientRefusedError:
    """It is gone, or somebody else's ephemeral answer."""
    return ClientRefusedError("This message is not there for you.")


def no_such_button(which: str) -> ClientRefusedError:
    """The message shows none of this label or id."""
    return ClientRefusedError(f"There is no button {which!r} on this message.")


def no_such_menu(which: str) -> ClientRefusedError:
    """The message shows none of this id."""
    return ClientRefusedError(f"There is no menu {which!r} on this message.")


def button_is_link() -> ClientRefusedError:
    """It opens an address; the bot never hears of it."""
    return ClientRefusedError("This button is a link.")


def button_is_off() -> ClientRefusedError:
    """It is disabled."""
    return ClientRefusedError("This button is switched off.")


def bad_form() -> ClientRefusedError:
    """A field is missing, too short or too long."""
    return ClientRefusedError("The form does not take this.")


def no_such_field(name: str) -> ClientRefusedError:
    """The form does not show it."""
    return ClientRefusedError(f"The form has no field {name}.")


def no_message() -> ClientRefusedError:
    """The bot has answered with none."""
    return ClientRefusedError("The bot has not answered with a message.")
