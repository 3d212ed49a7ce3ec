"""The tokenizer.

Owns the quantiser, its codes, and the network between pictures and codes.
"""
