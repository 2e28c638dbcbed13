# SPDX-License-Identifier: MIT
"""Starts and ends threads, ten at a time: `threads.py N`. Prints what it takes, in memory and descriptors, after a third
of them and at the end, and the seconds that the last two thirds took, as JSON."""
import json
import os
import sys
import threading
import time

AT_A_TIME = 10


def work(done):
    done.append(sum(range(100)))


def run(n):
    done = []
    while len(done) < n:
        threads = [threading.Thread(target=work, args=(done,)) for _ in range(min(AT_A_TIME, n - len(done)))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def usage():
    with open("/proc/self/status", encoding="ascii") as f:
        fields = dict(line.split(":", 1) for line in f)
    return {"anon_kib": int(fields["RssAnon"].split()[0]), "shmem_kib": int(fields["RssShmem"].split()[0]),
            "descriptors": len(os.listdir("/proc/self/fd"))}


def main(n):
    run(n // 3)
    third, begin = usage(), time.monotonic()
    run(n - n // 3)
    print(json.dumps({"seconds": time.monotonic() - begin, "third": third, "end": usage()}))


main(int(sys.argv[1]))
