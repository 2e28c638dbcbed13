# SPDX-License-Identifier: MIT
"""echo.py TIMES: a thread sends a byte to another process and waits for it to come back, while a second thread computes."""
import os
import subprocess
import threading
import sys


def echo(times, process, seen):
    for i in range(times):
        os.write(process.stdin.fileno(), bytearray([i % 251]))
        seen.extend(bytearray(os.read(process.stdout.fileno(), 1)))


def compute(over):
    n = 0
    while not over:
        n += 1


def main(times):
    seen, over = [], []
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    computing = threading.Thread(target=compute, args=(over,), name="compute")
    echoing = threading.Thread(target=echo, args=(times, process, seen), name="echo")
    computing.start()
    echoing.start()
    echoing.join()
    over.append(True)
    computing.join()
    process.stdin.close()
    process.wait()
    print("%d bytes came back, all right: %s" % (len(seen), seen == [i % 251 for i in range(times)]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
