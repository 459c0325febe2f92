"""Speed and memory, each beside a yardstick measured in the same run."""

import sys
from pathlib import Path

# a served process and the processes that measure find there what tests share
sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
