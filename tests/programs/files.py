# SPDX-License-Identifier: MIT
"""files.py THREADS BLOCKS: each thread writes a file block by block and reads it back."""
import os
import sys
import tempfile
import threading
import zlib


def write_and_read(number, blocks, sums):
    descriptor, path = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "wb", 0) as out:
            for i in range(blocks):
                out.write(bytearray([(number + i) % 256]) * 4096)
        crc = 0
        with open(path, "rb", 0) as back:
            for _ in range(blocks):
                crc = zlib.crc32(back.read(4096), crc)
        sums[number] = crc & 0xffffffff
    finally:
        os.unlink(path)


def main(threads, blocks):
    sums = {}
    workers = [threading.Thread(target=write_and_read, args=(n, blocks, sums)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("files: %s" % " ".join("%08x" % sums[n] for n in sorted(sums)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
