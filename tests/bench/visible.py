from tests.bench.figure import Figure
from tests.bench.ground import Ground


async def measure(ground: Ground) -> list[Figure]:
    return []
