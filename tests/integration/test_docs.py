#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The documents say what the programs do today."""
import re
import sys

import harness

sys.path.insert(0, str(harness.SOURCE / "tests" / "bench"))
import bench  # noqa: E402


def commands_of_gilscope():
    text = harness.run(harness.GILSCOPE, "--help").out
    block = re.search(r"^Commands:\n(.*?)\n\n", text, re.S | re.M).group(1)
    return [line.split()[0] for line in block.splitlines()]


def options_of(*command):
    return set(re.findall(r"--[a-z][a-z-]*", harness.run(*command, "--help").out))


class Docs(harness.TestCase):
    needs_lttng = False

    def test_help_of_each_command(self):
        commands = commands_of_gilscope()
        self.assertEqual(sorted(commands), sorted(
            "record env report diff battle timeline view export verify doctor experiment".split()))
        for command in commands:
            result = self.gilscope(command, "--help")
            self.assertTrue(result.out.startswith(f"Usage: gilscope {command} "), result.out)
            self.assertEqual(result.err, "")
            self.assertEqual(self.gilscope("help", command).out, result.out)

    def test_help_fits_a_terminal(self):
        for command in commands_of_gilscope():
            for line in self.gilscope(command, "--help").out.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_documents_use_commands_and_options_that_exist(self):
        commands = commands_of_gilscope()
        pages = [harness.SOURCE / "README.md", *(harness.SOURCE / "docs").glob("*.md")]
        checked = 0
        for page in pages:
            text = page.read_text()
            for line in re.findall(r"^[^\n#]*\bgilscope [a-z][^\n]*", text, re.M):
                for command, rest in re.findall(r"\bgilscope ([a-z]+)((?: [^|`#&;)]*)?)", line):
                    if command not in commands:
                        continue
                    # Behind a recorded program the options are the program's own.
                    own = rest if command != "record" else re.split(r" (?:--|[a-z/][\w/.]*) ", rest + " ")[0]
                    for option in re.findall(r"--[a-z][a-z-]*", own):
                        self.assertIn(option, options_of(harness.GILSCOPE, command), f"{page.name}: {line}")
                    checked += 1
            for rest in re.findall(r"\bgilrun ([^|`#&;)\n]*)", text):
                for option in re.findall(r"--[a-z][a-z-]*", rest):
                    self.assertIn(option, options_of(harness.GILRUN), page.name)
        self.assertGreater(checked, 8)

    def test_files_that_documents_name_exist(self):
        for page in [harness.SOURCE / "README.md", *(harness.SOURCE / "docs").glob("*.md")]:
            for path in re.findall(r"`((?:docs|scripts|tests|examples|base|tracepoints|analyzer|viz|lib|plugin|cli|runtime)/[\w./-]*)`",
                                   page.read_text()):
                self.assertTrue((harness.SOURCE / path).exists(), f"{page.name} names {path}")

    def test_figures_of_the_readme_stand_in_the_document(self):
        document = (harness.SOURCE / "docs" / "performance.md").read_text()
        readme = (harness.SOURCE / "README.md").read_text()
        costs, = re.findall(r"^## What it costs\n(.*?)^## ", readme, re.S | re.M)
        rows = [row for row in re.findall(r"^\| (.*) \|$", costs, re.M)[1:] if set(row) != set("|-")]
        self.assertGreater(len(rows), 8)
        for row in rows:
            what, figure, spread, limit = row.split(" | ")
            self.assertRegex(document, re.escape(f"| {what} | {figure} | {spread} |") + ".*" + re.escape(f"| {limit} |"))
        said = re.sub(r"(?m)^\|.*", "", costs)
        for figure in re.findall(r"\d[\d,.]* (?:ns|us|ms|s|%|MiB|MB|bytes)\b", said):
            self.assertIn(figure, document)

    def test_each_figure_of_the_benchmarks_stands_in_the_document(self):
        document = (harness.SOURCE / "docs" / "performance.md").read_text()
        budgets = [value for value in vars(bench).values() if isinstance(value, bench.Budget)]
        self.assertGreater(len(budgets), 20)
        for budget in budgets:
            line = f"* {budget.what}: {budget.means}.\n"
            self.assertTrue(line in document or f"* Not measured: {budget.what}" in document,
                            f"measured by no run of scripts/bench that is in the document: {line}")

    def test_pictures_and_their_pages(self):
        """Each that a document links to is there, and none that no document shows."""
        docs = harness.SOURCE / "docs"
        linked = {target for page in (docs / "gallery.md", harness.SOURCE / "README.md")
                  for target in re.findall(r"\]\((?:docs/)?pictures/([^)]*)\)", page.read_text())}
        self.assertEqual(linked, {path.name for path in (docs / "pictures").iterdir()})
        pages = [docs / "pictures" / name for name in linked if name.endswith(".html")]
        self.assertGreater(len(pages), 10)
        self.assertLess(sum(page.stat().st_size for page in pages), 5_000_000)
        # Each says how it was made; the script makes the same.
        shown = re.findall(r"gilscope (export --to svg|view) ?(.*) ?-o (\S+)$", (docs / "gallery.md").read_text(), re.M)
        self.assertEqual({name for _, _, name in shown}, linked)
        script = (harness.SOURCE / "scripts" / "gallery").read_text()
        for _, options, _ in shown:
            self.assertIn(options.strip(), script)

    def test_man_pages_are_made_from_the_help(self):
        page = harness.BUILD / "docs" / "gilscope.1"
        if not page.exists():
            self.skipTest("man pages are not built in this configuration")
        text = page.read_text().replace("\\-", "-").replace("\\e", "\\")
        for command in commands_of_gilscope():
            for option in options_of(harness.GILSCOPE, command):
                self.assertIn(option, text)
        for title, part in (("FILES", "./gil.trace.old"), ("ENVIRONMENT", "NO_COLOR"), ("EXIT STATUS", "3 the trace")):
            self.assertRegex(text, rf"(?m)^\.SH {title}\n\.nf\n(?:(?!\.SH)[^\n]*\n)*[^\n]*{re.escape(part)}")

    def test_variables_of_the_help_are_read(self):
        block = re.search(r"^Environment:\n(.*?)\n\n", harness.run(harness.GILSCOPE, "--help").out, re.S | re.M).group(1)
        code = "".join(path.read_text() for folder in ("cli", "tracepoints")
                       for path in (harness.SOURCE / folder).rglob("*.[ch]") if path.name != "main.c")
        for name in re.findall(r"\b[A-Z_]{4,}\b", block):
            self.assertIn(f'"{name}"', code)


class Metrics(harness.TestCase):
    def test_each_name_in_the_export_is_defined_and_the_reverse(self):
        self.record(harness.GILRUN, "battle", "--count", "200000")
        report = self.report()
        text = (harness.SOURCE / "docs" / "metrics.md").read_text()
        sections = {title: body for title, body in re.findall(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", text, re.S | re.M)}
        for title in ("trace", "quality", "gils", "threads", "pairs", "buckets", "findings"):
            row = report[title][0] if isinstance(report[title], list) else report[title]
            defined = set()
            for cell in re.findall(r"^\| (`[^|]*) \|", sections[title], re.M):
                defined.update(re.findall(r"`(\w+)`", cell))
            self.assertEqual(set(row), defined, title)


if __name__ == "__main__":
    harness.main()
