"""Make the weights that tell a picture's faults: `python models/picture-quality/make.py --help`."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from quality_recipe.command import main  # noqa: E402

if __name__ == "__main__":
    main()
