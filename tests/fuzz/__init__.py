"""Fuzzing the readers. The source is found here, so that `python -m tests.fuzz.run` works from a checkout."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))
