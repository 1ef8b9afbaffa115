import asyncio
import sys

from tests.ui.snapshots import write

asyncio.run(write(sys.argv[1:]))
