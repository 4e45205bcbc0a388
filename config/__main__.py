"""`python -m config <command>`: the same as `anjuan <command>`, without installing."""

from __future__ import annotations

import sys

from config.cli import main

if __name__ == "__main__":
    sys.exit(main())
