"""What a person's client does not let them do, in its words."""

from __future__ import annotations


class RefusedError(Exception):
    """A person's client does not let them do this; nothing reached the bot."""


def no_such_command(command: str) -> RefusedError:
    """It is not registered, or not offered in this place."""
    return RefusedError(f"There is no command /{command} here.")


def no_such_option(command: str, option: str) -> RefusedError:
    """The command does not declare it."""
    return RefusedError(f"/{command} has no option {option}.")


def missing_options(command: str, names: list[str]) -> RefusedError:
    """Required ones were not given."""
    return RefusedError(f"/{command} needs {', '.join(names)}.")


def bad_value(option: str) -> RefusedError:
    """The value is of another type, too long, or none of the declared choices."""
    return RefusedError(f"The option {option} does not take this value.")


def no_autocomplete(option: str) -> RefusedError:
    """The option does not declare it."""
    return RefusedError(f"Nothing is offered for the option {option}.")


def no_such_message() -> RefusedError:
    """It is gone, or somebody else's ephemeral answer."""
    return RefusedError("This message is not there for you.")


def no_such_button(which: str) -> RefusedError:
    """The message shows none of this label or id."""
    return RefusedError(f"There is no button {which!r} on this message.")


def no_such_menu(which: str) -> RefusedError:
    """The message shows none of this id."""
    return RefusedError(f"There is no menu {which!r} on this message.")


def button_is_link() -> RefusedError:
    """It opens an address; the bot never hears of it."""
    return RefusedError("This button is a link.")


def button_is_off() -> RefusedError:
    """It is disabled."""
    return RefusedError("This button is switched off.")


def bad_form() -> RefusedError:
    """A field is missing, too short or too long."""
    return RefusedError("The form does not take this.")


def no_such_field(name: str) -> RefusedError:
    """The form does not show it."""
    return RefusedError(f"The form has no field {name}.")


def no_message() -> RefusedError:
    """The bot has answered with none."""
    return RefusedError("The bot has not answered with a message.")
