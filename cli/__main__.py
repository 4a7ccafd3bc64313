"""`python -m covermock.cli`."""

from . import main

main()
