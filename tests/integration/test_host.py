#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A recorded program must not notice: same output, same status, whatever it does to itself."""
import harness


class Host(harness.TestCase):
    def same_as_bare(self, program):
        """Runs it bare, with the probe but no recording, and recorded."""
        bare = harness.run(harness.PYTHON, "-c", program)
        probed = harness.run(harness.PYTHON, "-c", program, env={"LD_PRELOAD": harness.PROBE})
        self.assertEqual(probed, bare)
        recorded = self.record(harness.PYTHON, "-c", program, expect=bare.status)
        self.assertEqual(recorded.out, bare.out)
        return bare

    def test_closes_all_of_its_descriptors(self):
        # LTTng would write into the files that are opened in place of its own.
        self.same_as_bare("import os, threading, tempfile, time\n"
                          "os.closerange(3, 256)\n"
                          "fds = [os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR) for _ in range(12)]\n"
                          "t = threading.Thread(target=time.sleep, args=(0.2,)); t.start(); t.join()\n"
                          "print([os.fstat(fd).st_size for fd in fds])\n")
        self.assert_lawful()
        self.assertEqual(len(self.report()["threads"]), 2)

    def test_closes_them_one_by_one(self):
        self.same_as_bare("import os\n"
                          "for fd in range(3, 64):\n"
                          "    try: os.close(fd)\n"
                          "    except OSError: pass\n"
                          "print('done')\n")

    def test_starts_with_standard_descriptors_closed(self):
        program = ("import os, sys\n"
                   "os.write(9, repr([os.path.exists(f'/proc/self/fd/{fd}') for fd in range(3)]).encode())")
        report = self.folder / "descriptors"
        line = 'exec "$0" record -o "$1" -- "$2" -c "$3" 9>"$4" <&- >&- 2>&-'
        result = harness.run("sh", "-c", line, harness.GILSCOPE, self.trace, harness.PYTHON, program, report)
        self.assertEqual(result.status, 0)
        self.assertEqual(report.read_text(), "[False, False, False]")
        self.assert_lawful()

    def test_a_range_that_is_none(self):
        bare = self.same_as_bare("import ctypes\n"
                                 "libc = ctypes.CDLL(None, use_errno=True)\n"
                                 "print(libc.close_range(5, 3, 0), ctypes.get_errno())\n")
        self.assertEqual(bare.out, "-1 22\n")

    def test_ends_without_a_descriptor_to_spare(self):
        bare = self.same_as_bare("import os, resource, sys\n"
                                 "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
                                 "try:\n"
                                 "    while True: os.open('/dev/null', os.O_RDONLY)\n"
                                 "except OSError as e: print(e.errno)\n"
                                 "sys.exit(4)\n")
        self.assertEqual((bare.status, bare.out), (4, "24\n"))

    def test_close_keeps_errno_without_proc(self):
        """LTTng's descriptors are looked up in /proc; where it is missing, nobody may notice."""
        program = ("import ctypes, os\n"
                   "libc = ctypes.CDLL(None, use_errno=True)\n"
                   "fd = os.open('/dev/null', 0)\n"
                   "ctypes.set_errno(7)\n"
                   "print(libc.close(fd), ctypes.get_errno())\n")
        hidden = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")
        if harness.run(*hidden, "true").status:
            self.skipTest("cannot hide /proc here")
        result = harness.run(*hidden, "env", f"LD_PRELOAD={harness.PROBE}", harness.PYTHON, "-c", program)
        self.assertEqual(result.out, "0 7\n", result.err)


if __name__ == "__main__":
    harness.main()
