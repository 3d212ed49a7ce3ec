"""Networks: functions from tensors to tensors.

Owns the tokenizer (`tokens`), the world model (`world_model`), the video decoder (`decoder`), the networks of the
checks (`checker`), their losses and samplers, presets, and weight files. All attention goes through
`attention.attend`. Each config is in the file of its class. Knows nothing of scenarios, rollouts, training data or
runs, and imports no other package of this project.
"""
