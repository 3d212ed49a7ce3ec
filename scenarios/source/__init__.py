"""Files as text.

Owns YAML and XML documents, units, and errors with their place in the file.
"""
