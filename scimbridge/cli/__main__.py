"""`python -m scimbridge.cli`: the command `scimbridge`, where it is not on the path."""

from scimbridge.cli.commands import main

main()
