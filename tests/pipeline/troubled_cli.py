"""`nearmiss` with workers in whose hands clips go wrong as a batch says: python -m tests.pipeline.troubled_cli ..."""

import pipeline.generate
from pipeline.cli import main
from tests.pipeline.troubles import TroubledMaker

pipeline.generate.ClipMaker = TroubledMaker

if __name__ == "__main__":
    main()
