"""Commands for authors that run no network.

Owns `explain`, `check` and `preview`: their results and their output. Each module imports only what its command needs,
so that checking a file imports neither torch nor the libraries for pictures.
"""
