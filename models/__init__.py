"""Networks: tensors in, tensors out.

Owns the tokenizer (`tokens`), the world model (`world_model`), the video decoder (`decoder`), the networks of the
checks (`checker`), their losses and samplers, presets, and weights on disk. Attention of every network goes through
`attention.attend`; each config stands beside its class. Does not know scenarios, rollouts, training data or runs, and
imports nothing else of ours.
"""
