"""The command line.

Owns commands, options and messages. Every command calls a library function.
"""
