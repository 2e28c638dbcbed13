# SPDX-License-Identifier: MIT
"""interval.py THREADS COUNT: threads count down under a switch interval of 50 us (Python 2: a check interval of 10)."""
import sys

import cpu

if __name__ == "__main__":
    if hasattr(sys, "setswitchinterval"):
        sys.setswitchinterval(50e-6)
    else:
        sys.setcheckinterval(10)
    cpu.main(int(sys.argv[1]), int(sys.argv[2]))
