"""Make the second opinion on phrases of Whisper-base's weights: `make.py`. See README.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "speech-phones"))

from words_recipe.command import main

if __name__ == "__main__":
    main()
