"""Errors of the person's client, for actions that it does not allow."""

from __future__ import annotations


class ActionRefusedError(Exception):
    """The person's Discord client refuses this action; the bot received nothing."""


def no_such_command(command: str) -> ActionRefusedError:
    """Return the error for a command that is not registered, or not available here."""
    return ActionRefusedError(f"There is no command /{command} here.")


def no_such_option(command: str, option: str) -> ActionRefusedError:
    """Return the error for an option that the command does not declare."""
    return ActionRefusedError(f"/{command} has no option {option}.")


def missing_options(command: str, names: list[str]) -> ActionRefusedError:
    """Return the error for missing required options."""
    return ActionRefusedError(f"/{command} needs {', '.join(names)}.")


def bad_value(option: str) -> ActionRefusedError:
    """Return the error for a value with the wrong type or length, or outside the declared choices."""
    return ActionRefusedError(f"The option {option} does not accept this value.")


def no_autocomplete(option: str) -> ActionRefusedError:
    """Return the error for an option without autocomplete."""
    return ActionRefusedError(f"The option {option} has no autocomplete.")


def no_such_message() -> ActionRefusedError:
    """Return the error for a message that is deleted or that only another person sees."""
    return ActionRefusedError("You cannot see this message.")


def no_such_button(which: str) -> ActionRefusedError:
    """Return the error for a message without a button with this label or id."""
    return ActionRefusedError(f"There is no button {which!r} on this message.")


def no_such_menu(which: str) -> ActionRefusedError:
    """Return the error for a message without a menu with this id."""
    return ActionRefusedError(f"There is no menu {which!r} on this message.")


def button_is_link() -> ActionRefusedError:
    """Return the error for pressing a link button, which sends nothing to the bot."""
    return ActionRefusedError("This button is a link.")


def button_is_off() -> ActionRefusedError:
    """Return the error for a disabled button."""
    return ActionRefusedError("This button is disabled.")


def bad_form() -> ActionRefusedError:
    """Return the error for a field that is missing, too short or too long."""
    return ActionRefusedError("A field is missing, too short or too long.")


def no_such_field(name: str) -> ActionRefusedError:
    """Return the error for a field that the form does not have."""
    return ActionRefusedError(f"The form has no field {name}.")


def no_message() -> ActionRefusedError:
    """Return the error for a response without a message."""
    return ActionRefusedError("The bot has not responded with a message.")
