"""``python -m graphgrad``: the command line."""

import sys

from graphgrad.cli.main import main

sys.exit(main())
