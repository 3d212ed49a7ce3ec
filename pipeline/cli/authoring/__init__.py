"""What an author looks at before any network runs.

Owns `explain`, `check` and `preview`: what each finds out, and what it prints. Each module imports what its own command
needs and no more, so that checking a file waits neither for torch nor for what draws pictures.
"""
