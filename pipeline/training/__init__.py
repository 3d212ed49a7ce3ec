"""Training of the networks.

Owns training data, batches, the training loop, the learner of each network, and contact sheets.
"""
