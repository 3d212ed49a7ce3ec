"""The tokenizer.

Owns the quantiser, its codes, and the network from picture to codes and back.
"""
