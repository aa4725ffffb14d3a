"""One function over many items on threads, in order and lazily."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Item], Result], items: Iterable[Item], *, max_workers: int
) -> Generator[tuple[Item, Result], None, None]:
    """Apply a function on threads; items are drawn as needed and only ``2 * max_workers`` are under way at a time.

    Args:
        function: Called on the threads; what it raises is raised here.
        items: Drawn in the caller's thread.
        max_workers: Number of threads.

    Yields:
        Each item with its result, in the given order. Closing the iterator abandons what has not begun.
    """
    pool = ThreadPoolExecutor(max_workers, thread_name_prefix="lfv-eval")
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    source = iter(items)
    try:
        for item in islice(source, 2 * max_workers):
            waiting.append((item, pool.submit(function, item)))
        while waiting:
            item, future = waiting.popleft()
            result = future.result()
            for following in islice(source, 1):
                waiting.append((following, pool.submit(function, following)))
            yield item, result
    finally:
        pool.shutdown(cancel_futures=True)
