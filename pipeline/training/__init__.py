"""Training.

Owns training data, batches, the loop, the learner of each network, and contact sheets.
"""
