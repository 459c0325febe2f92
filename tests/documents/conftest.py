"""Lets the tests of this folder import its samples (pytest's importlib mode does not)."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
