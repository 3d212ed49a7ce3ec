"""English story lines.

Owns the grammar, its parse trees, trigger phrases, examples and suggestions.
"""
