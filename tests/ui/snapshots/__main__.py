import sys

from tests.ui.snapshots import write

write(sys.argv[1:])
