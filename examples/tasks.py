# SPDX-License-Identifier: MIT
"""Two threads that say their names and the process they run in. Python 2.7 and 3."""
from __future__ import print_function

import os
import threading


def task1():
    print("Task 1 assigned to thread: {}".format(threading.current_thread().name))
    print("ID of process running task 1: {}".format(os.getpid()))


def task2():
    print("Task 2 assigned to thread: {}".format(threading.current_thread().name))
    print("ID of process running task 2: {}".format(os.getpid()))


if __name__ == "__main__":
    print("ID of process running main program: {}".format(os.getpid()))
    # threading.main_thread() is newer than 2.7; here this is the main thread.
    print("Main thread name: {}".format(threading.current_thread().name))

    t1 = threading.Thread(target=task1, name="t1")
    t2 = threading.Thread(target=task2, name="t2")

    t1.start()
    t2.start()

    t1.join()
    t2.join()
