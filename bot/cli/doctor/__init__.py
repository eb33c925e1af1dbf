"""The checks of `doctor`, by subject; every failed check names its repair."""
