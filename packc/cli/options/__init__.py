"""options: the arguments of each command, a file each, imported for that command only."""
