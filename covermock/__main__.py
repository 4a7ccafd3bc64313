"""`python -m covermock`."""

from covermock.cli import main

main()
