"""`flows.py` with workers that can fail on request: python -m tests.pipeline.speck_flows run ..."""

import flows
import pipeline.batch.generate
from tests.pipeline.troubles import TroubledMaker

pipeline.batch.generate.ClipMaker = TroubledMaker

if __name__ == "__main__":
    flows.app()
