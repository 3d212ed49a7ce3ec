"""The same scenario gives the same bytes in every process, for any order of sets and hashes."""

import os
import subprocess
import sys

ROLL_OUT = """
import hashlib
from dataclasses import fields
import numpy as np
from scenarios.load import library, load
from scenarios.simulation.simulate import simulate
from tests.benchmarks.rollouts import crowd

seen = hashlib.sha256()
for scenario in (crowd(10), *load(library()["nhtsa/lead-brake-wet-dusk"])):
    rollout = simulate(scenario)
    for field in fields(rollout):
        value = getattr(rollout, field.name)
        seen.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
print(seen.hexdigest())
"""


def rolled_out(hash_seed: str) -> str:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", ROLL_OUT], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_two_processes_with_different_hash_seeds_give_the_same_bytes():
    first, second = rolled_out("1"), rolled_out("2")
    assert first == second
    assert len(first.strip()) == 64
