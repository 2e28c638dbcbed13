#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`meson install` into a prefix: the installed tool works from any directory, for any user."""
import json
import os
import re
import subprocess

import harness


class Install(harness.TestCase):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        done = harness.run("meson", "install", "-C", harness.BUILD, "--no-rebuild", "--destdir",
                           self.folder / "root")
        self.assertEqual(done.status, 0, done.out + done.err)
        self.bin = next((self.folder / "root").rglob("gilscope")).parent
        # `gilscope` is also the name of the library folder; bin is the one with an executable file.
        for path in (self.folder / "root").rglob("gilscope"):
            if path.is_file():
                self.bin = path.parent
        self.elsewhere = self.folder / "elsewhere"
        self.elsewhere.mkdir()

    def test_installed_tool_records_and_reads_from_any_directory(self):
        result = harness.run(self.bin / "gilscope", "record", self.bin / "gilrun", "battle", "--count",
                             "20000", cwd=self.elsewhere)
        self.assertEqual(result.status, 0, result.err)
        report = harness.run(self.bin / "gilscope", "report", cwd=self.elsewhere)
        self.assertEqual(report.status, 0, report.err)
        self.assertIn("t1", report.out)
        schemas = list((self.folder / "root").rglob("share/gilscope/gilscope-report-1.schema.json"))
        self.assertEqual(len(schemas), (harness.BUILD / "docs" / "gilscope-report-1.schema.json").exists())

    def test_documents_are_where_the_help_says(self):
        installed = {path.name for path in (self.folder / "root").rglob("share/doc/gilscope/*.md")}
        self.assertEqual(installed, {path.name for path in (harness.SOURCE / "docs").glob("*.md")} | {"README.md"})
        for page in (self.folder / "root").rglob("share/doc/gilscope/*.md"):
            for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.name} links to {target}")

    def test_installed_tool_records_python(self):
        result = harness.run(self.bin / "gilscope", "record", harness.PYTHON, "-c", "print(7)",
                             cwd=self.elsewhere)
        self.assertEqual((result.status, result.out), (0, "7\n"), result.err)
        report = harness.run(self.bin / "gilscope", "report", cwd=self.elsewhere)
        self.assertIn("MainThread", report.out, report.err)

    def test_ordinary_user(self):
        if os.geteuid():
            self.skipTest("only root can become another user")
        os.chown(self.elsewhere, harness.NOBODY, harness.NOBODY)
        result = harness.run(self.bin / "gilscope", "record", self.bin / "gilrun", "battle", "--count",
                             "20000", cwd=self.elsewhere, user=harness.NOBODY, env={"HOME": str(self.elsewhere)})
        self.assertEqual(result.status, 0, result.err)
        verified = harness.run(self.bin / "gilscope", "verify", cwd=self.elsewhere, user=harness.NOBODY)
        self.assertEqual(verified.status, 0, verified.out + verified.err)

    def record_at_once(self, attempt):
        """Three recordings at the same time. @return their folders"""
        folders, running = [], []
        for name, user in (("root1", None), ("root2", None), ("user", harness.NOBODY)):
            folder = self.folder / f"{name}-{attempt}"
            folder.mkdir()
            command = [str(self.bin / "gilscope"), "record", str(self.bin / "gilrun"), "battle",
                       "--count", "1500000", "--truth", str(folder / "truth.json")]
            if user:
                os.chown(folder, user, user)
                command = [*harness.as_user(user), *command]
            running.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
            folders.append(folder)
        for process in running:
            _, error = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, error)
        return folders

    def report_of(self, folder):
        return json.loads(harness.run(self.bin / "gilscope", "export", "--to", "json", "-o", "-", cwd=folder).out)

    def test_root_and_user_at_once_do_not_mix(self):
        if os.geteuid():
            self.skipTest("only root can become another user")
        for attempt in range(5):
            reports = {folder: self.report_of(folder) for folder in self.record_at_once(attempt)}
            if all(harness.is_whole(report["quality"]) for report in reports.values()):
                break
        else:
            self.fail("five times one was recorded from its middle on")
        for folder, report in reports.items():
            truth = json.loads((folder / "truth.json").read_text())
            self.assertEqual([g["pid"] for g in report["gils"]], [truth["pid"]])
            self.assertEqual({t["tid"]: t["acquisitions"] for t in report["threads"]},
                             {t["tid"]: t["acquisitions"] for t in truth["threads"]})


if __name__ == "__main__":
    harness.main()
