"""covermock: a stand-in and a contract kit. What people import is in `covermock.fixtures`."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Return the version of the installed package when somebody asks for it; nobody else waits for the look-up."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("covermock")
