"""How much faster 16 threads read small objects than a loop does, against a local server that answers after 30 ms.

The server is a process of its own and speaks just enough HTTP to be S3 to boto3. Both ways read such objects through
the same reader, in turns, so that a busy machine slows both. Prints the rates and their ratio; 12 is the target.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import statistics
import time
from multiprocessing.connection import Connection

import boto3

from lfv_eval.aws.client import s3_client
from lfv_eval.aws.objects import S3Reader
from lfv_eval.records import Document

FIRST_BYTE_S = 0.030
N_THREADS = 16
N_ROUNDS = 5
N_IN_LOOP = 40
N_ON_THREADS = 480
SIZES_BYTES = (10_000, 50_000, 100_000, 250_000, 500_000)
TARGET = 12.0


def serve(port_to: Connection) -> None:
    """Answer every GET with an object whose size its key names."""
    bodies = {size: bytes(size) for size in SIZES_BYTES}
    heads = {
        size: (
            f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nLast-Modified: Fri, 01 Jan 2021 00:00:00 GMT\r\n"
            f'ETag: "{hashlib.md5(body, usedforsecurity=False).hexdigest()}"\r\n\r\n'
        ).encode()
        for size, body in bodies.items()
    }

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = int(head.split(b" ", 2)[1].split(b"?")[0].rsplit(b"-", 1)[1])
                await asyncio.sleep(FIRST_BYTE_S)
                writer.write(heads[size])
                writer.write(bodies[size])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port_to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def uris(count: int, name: str) -> list[str]:
    """Objects that no earlier round has read."""
    return [f"s3://bucket/{name}-{n}-{SIZES_BYTES[n % len(SIZES_BYTES)]}" for n in range(count)]


def rate_in_loop(reader: S3Reader, name: str) -> float:
    """Objects per second, one after the other."""
    wanted = uris(N_IN_LOOP, name)
    start = time.perf_counter()
    for uri in wanted:
        reader.read_uri(uri)
    return len(wanted) / (time.perf_counter() - start)


def rate_on_threads(reader: S3Reader, name: str) -> float:
    """Objects per second on threads."""
    wanted = uris(N_ON_THREADS, name)
    start = time.perf_counter()
    if not all(isinstance(result, Document) for _, result in reader.read_many(wanted)):
        raise SystemExit("an object could not be read")
    return len(wanted) / (time.perf_counter() - start)


def main() -> None:
    """Measure and print."""
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    port_from, port_to = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(port_to,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{port_from.recv()}"
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    loop, threads = [], []
    with S3Reader(s3_client(session, max_workers=N_THREADS, endpoint_url=url), max_workers=N_THREADS) as reader:
        rate_on_threads(reader, "warm-up")
        for number in range(N_ROUNDS):
            loop.append(rate_in_loop(reader, f"loop-{number}"))
            threads.append(rate_on_threads(reader, f"threads-{number}"))
    server.terminate()
    server.join()
    ratio = statistics.median(fast / slow for fast, slow in zip(threads, loop, strict=True))
    print(f"loop        {statistics.median(loop):7.1f} objects/s")
    print(f"{N_THREADS} threads  {statistics.median(threads):7.1f} objects/s")
    print(f"ratio       {ratio:7.1f} (median of {N_ROUNDS} rounds; target {TARGET:.0f})")


if __name__ == "__main__":
    main()
