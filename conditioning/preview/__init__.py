"""Previews for the author.

Owns the top-down view and the page of one scenario.
"""
