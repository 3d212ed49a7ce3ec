"""Story lines in English.

Owns the grammar, parsing, trigger phrases, examples and suggestions.
"""
