# SPDX-License-Identifier: MIT
"""uncontended.py TIMES: drops and takes the GIL so many times, with no system call and nobody to fight with.

Each call of a C function through ctypes.CDLL is one drop and one take. They
stand between two writes of one byte to standard error.
"""
import ctypes
import itertools
import os
import sys
import threading

DROP_AND_TAKE = ctypes.CDLL(None).abs


def main(times):
    # CPython before 3.7 has no GIL before its second thread.
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    DROP_AND_TAKE(0)
    os.write(2, b"<")
    for _ in itertools.repeat(None, times):  # Python 2's range() is a list
        DROP_AND_TAKE(-1)
    os.write(2, b">")
    print("dropped and taken %d times" % times)


if __name__ == "__main__":
    main(int(sys.argv[1]))
