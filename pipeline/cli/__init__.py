"""The command line.

Owns commands, options and messages. Every command calls a library function.
"""

import sys

from pipeline.engine.own_code import Shadowed, refuse_shadows

try:
    refuse_shadows()  # before the modules of the command line import our other packages
except Shadowed as shadowed:
    sys.stderr.write(f"{shadowed}\n")
    sys.exit(2)
