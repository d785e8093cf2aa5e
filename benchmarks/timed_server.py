"""The worker's half of the line protocol: one JSON object a line, on stdout.

The first line holds the worker's facts. Then each line "decode" on stdin is answered by
{"ms": ...}: the time of one decode that follows an untimed one, so that it is warm
although another process used the caches in between.
"""

import json
import sys
import time


def serve(decode, facts):
    """Answers until stdin closes. `decode()` turns bytes into uint8 (H, W, 3)."""
    shape = decode().shape
    _say({**facts, "pixels": shape[0] * shape[1]})
    for _ in sys.stdin:
        decode()
        start = time.perf_counter()
        decode()
        _say({"ms": 1000 * (time.perf_counter() - start)})


def _say(message):
    print(json.dumps(message), flush=True)
