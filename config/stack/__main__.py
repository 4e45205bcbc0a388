"""`python -m config.stack`: the command behind `make run`."""

import sys

from config.stack.run import main

if __name__ == "__main__":
    sys.exit(main())
