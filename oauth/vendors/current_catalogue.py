"""The catalogue of a process, which a reload of the config replaces as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openab_auth.oauth.vendors.catalogue import Catalogue


class CurrentCatalogue:
    """Holds the catalogue in use; an object that lives longer than one request asks for `now` at each request."""

    __slots__ = ("now",)

    def __init__(self, catalogue: Catalogue) -> None:
        self.now = catalogue
