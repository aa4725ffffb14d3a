"""The command line: the only part that prints, reads arguments or exits. One module for each group of commands."""
