"""Help for the author.

Owns `explain`, and drafts of new scenario files.
"""
