"""`nearmiss` with the preset `speck`, and workers in whose hands clips go wrong if a `Batch` says so."""

import pipeline.generate
from pipeline.cli import main
from tests.pipeline.troubles import TroubledMaker

pipeline.generate.ClipMaker = TroubledMaker

if __name__ == "__main__":
    main()
