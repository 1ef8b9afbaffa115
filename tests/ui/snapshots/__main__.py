import asyncio
import sys

from tests.ui.snapshots import pictures, write


async def all_of_them() -> None:
    await write(sys.argv[1:])
    await pictures.write()


asyncio.run(all_of_them())
