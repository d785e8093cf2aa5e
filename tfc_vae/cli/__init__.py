"""The command line: one file per verb, which parses, calls, and prints.

A verb is a module with HELP, `add_arguments(parser)` and `run(args)`; `__main__` has
the table of them, and turns every expected error into one line and exit code 2.
"""
