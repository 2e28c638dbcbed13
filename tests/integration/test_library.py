#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""libgilscope as others get it: installed, found by pkg-config, and what its header says."""
import csv
import json
import re
import shutil

import harness

HEADER = harness.SOURCE / "lib" / "gilscope.h"
EXAMPLE = harness.SOURCE / "examples" / "waits.c"
LIBRARY = harness.BUILD / "lib" / "libgilscope.so"


def declared():
    """The functions of the header."""
    return set(re.findall(r"\b(gilscope_\w+)\(", re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)))


class Header(harness.TestCase):
    needs_lttng = False

    def test_exported_symbols_are_the_functions_of_the_header(self):
        out = harness.run("nm", "-D", "--defined-only", LIBRARY).out
        exported = {line.split()[-1] for line in out.splitlines()}
        self.assertEqual(exported, declared())

    def test_header_stands_alone_in_c_and_cpp(self):
        compilers = {"c": shutil.which("cc"), "c++": shutil.which("c++") or shutil.which("clang++")}
        for language, compiler in compilers.items():
            with self.subTest(language):
                if not compiler:
                    self.skipTest(f"there is no {language} compiler")
                done = harness.run(compiler, "-x", language, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", HEADER)
                self.assertEqual(done.status, 0, done.err)

    def test_the_command_line_sees_the_header_only(self):
        forbidden = re.compile(r'#include "(?:analyzer|viz|runtime)/.*')
        found = {str(path): forbidden.findall(path.read_text()) for path in (harness.SOURCE / "cli").rglob("*.[ch]")}
        self.assertEqual({path: lines for path, lines in found.items() if lines}, {})

    def test_document_shows_the_example(self):
        text = (harness.SOURCE / "docs" / "library.md").read_text()
        self.assertEqual(re.search(r"```c\n(.*?)```", text, re.S).group(1), EXAMPLE.read_text())
        self.assertLessEqual(len(EXAMPLE.read_text().splitlines()), 40)
        for name in re.findall(r"`(gilscope_\w+)\(\)`", text):
            self.assertIn(name, declared())


class Installed(harness.TestCase):
    def setUp(self):
        super().setUp()
        if harness.SANITIZED:
            self.skipTest("a program that uses this library would need the sanitizer's run time")
        root = self.folder / "root"
        done = harness.run("meson", "install", "-C", harness.BUILD, "--no-rebuild", "--destdir", root)
        self.assertEqual(done.status, 0, done.out + done.err)
        self.pc = next(root.rglob("gilscope.pc"))
        self.environment = {"PKG_CONFIG_PATH": str(self.pc.parent), "PKG_CONFIG_SYSROOT_DIR": str(root),
                            "LD_LIBRARY_PATH": str(self.pc.parents[1])}
        flags = harness.run("pkg-config", "--cflags", "--libs", "gilscope", env=self.environment)
        self.assertEqual(flags.status, 0, flags.err)
        self.flags = flags.out.split()

    def build(self, source):
        program = self.folder / "program"
        done = harness.run("cc", "-Wall", "-Wextra", "-Werror", source, "-o", program, *self.flags)
        self.assertEqual(done.status, 0, done.err)
        return program

    def test_what_else_is_installed_for_other_programs(self):
        self.assertTrue((self.pc.parents[1] / "gilscope" / "babeltrace2" / "babeltrace-plugin-gil.so").exists())
        self.assertEqual([path.name for path in (self.folder / "root").rglob("trace-compass/*")], ["gilscope.xml"])
        self.assertEqual([path.parent.name for path in (self.folder / "root").rglob("gilscope.h")], ["include"])

    def test_example_says_what_the_export_says(self):
        program = self.build(EXAMPLE)
        self.record(harness.GILRUN, "battle", "--count", "300000")
        report = self.report()
        done = harness.run(program, self.trace, env=self.environment)
        self.assertEqual(done.status, 0, done.err)

        want = [f"{t['name']}: 99 % of its waits for the GIL were at most {t['wait_ns']['p99']} ns; "
                f"failed attempts: {t['failed_attempts']}" for t in report["threads"]]
        want += [f"{f['finding']}: {f['verdict']}" for f in report["findings"]]
        self.assertEqual(done.out.splitlines(), want)
        self.assertGreaterEqual(len(report["threads"]), 3)

        done = harness.run(program, self.folder / "nowhere", env=self.environment)
        self.assertEqual((done.status, done.out), (1, ""))
        self.assert_one_sentence(done.err, "there is no trace", "nowhere")

    def test_tables_and_listeners_say_what_the_exports_say(self):
        program = self.build(harness.SOURCE / "tests" / "integration" / "everything.c")
        self.record(harness.GILRUN, "battle", "--count", "300000")
        done = harness.run(program, self.trace, env=self.environment)
        self.assertEqual((done.status, done.err), (0, ""))
        told = {}
        for line in done.out.splitlines():
            kind, _, rest = line.partition(" ")
            told.setdefault(kind, []).append(rest)

        self.gilscope("export", self.trace, "--to", "csv,jsonl", "-o", self.folder / "gil")
        for table in ("gils", "threads", "pairs", "buckets", "findings"):
            with open(self.folder / "gil-csv" / f"{table}.csv", newline="") as file:
                want = [f"{table} {i} {column} {cell}" for i, row in enumerate(csv.DictReader(file))
                        for column, cell in row.items()]
            self.assertEqual([line for line in told["cell"] if line.startswith(f"{table} ")], want)

        def index(row, name):
            return "-" if row.get(name) is None else row[name]

        lines = {"event": lambda r: f"{r['at_ns']} gil:{r['event']} {r['gil']} {index(r, 'thread')} "
                                    f"{r.get('state', '-')} {index(r, 'holder')} {r['waiters']}",
                 "interval": lambda r: f"{r['thread']} {r['gil']} {r['state']} {r['from_ns']} {r['to_ns']} {r['whole']:d}",
                 "attempt": lambda r: f"{r['thread']} {r['gil']} {r['from_ns']} {r['to_ns']} {r['busy']} {r['retries']} "
                                      f"{len(r['blames'])}",
                 "handover": lambda r: f"{r['from_thread']} {r['to_thread']} {r['acquired_ns']}",
                 "thread": lambda r: f"{r['thread']} {r['gil']} {r['tid']} {r['name']}"}
        rows = [json.loads(line) for line in (self.folder / "gil.jsonl").read_text().splitlines()]
        for kind, as_line in lines.items():
            want = [as_line(row) for row in rows if row["type"] == kind]
            self.assertTrue(want, kind)
            self.assertEqual(told[kind][:len(want) + 1], want, kind)


if __name__ == "__main__":
    harness.main()
