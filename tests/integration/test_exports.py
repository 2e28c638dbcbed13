#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The exports: the same numbers in all formats, for every reader, and never half a file."""
import csv
import decimal
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import harness

FORMATS = ["json", "csv", "sqlite", "jsonl"]
SINGLE = ["trace", "quality"]
TABLES = ["gils", "threads", "pairs", "buckets", "findings"]
SCHEMA = harness.BUILD / "docs" / "gilscope-report-1.schema.json"


def cells(row):
    """The values of a JSON object and of those in it, in order, as CSV writes them; no arrays."""
    for value in row.values():
        if isinstance(value, dict):
            yield from cells(value)
        elif not isinstance(value, list):
            yield "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def exact(text):
    """JSON with each number as the decimal that stands there."""
    return json.loads(text, parse_int=decimal.Decimal, parse_float=decimal.Decimal)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as lines:
        header, *rows = csv.reader(lines)
    return header, rows


class Exports(harness.TestCase):
    def export_all(self):
        tried = self.gilscope("export", self.trace, "--to", ",".join(FORMATS), "-o", self.folder / "all", expect=None)
        self.formats = FORMATS
        if "not built in" in tried.err:
            self.formats = [name for name in FORMATS if name != "sqlite"]
            self.gilscope("export", self.trace, "--to", ",".join(self.formats), "-o", self.folder / "all")
        else:
            self.assertEqual(tried.status, 0, tried.err)
        with open(self.folder / "all.json", encoding="utf-8") as document:
            self.document = exact(document.read())

    def csv(self, table):
        return read_csv(self.folder / "all-csv" / f"{table}.csv")

    def compare_csv(self):
        for table in TABLES:
            header, rows = self.csv(table)
            self.assertEqual([list(cells(row)) for row in self.document[table]], rows, table)
            self.assertTrue(all(len(row) == len(header) for row in rows))
        self.assertEqual([cell for table in SINGLE for cell in cells(self.document[table])], self.csv("summary")[1][0])

    def compare_sqlite(self, database):
        for table in SINGLE + TABLES:
            found = database.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in found.description]
            written = self.document[table] if table in TABLES else [self.document[table]]
            rows = found.fetchall()
            self.assertEqual(len(rows), len(written), table)
            for row, document in zip(rows, written):
                for name, value, cell in zip(columns, row, cells(document), strict=True):
                    where = f"{table}.{name}"
                    if cell in ("true", "false") and isinstance(value, int):
                        cell = str(int(cell == "true"))
                    if isinstance(value, float):
                        self.assertEqual(value, float(cell), where)
                    else:
                        self.assertEqual("" if value is None else str(value), cell, where)

    def streams_of_csv(self):
        for table in ("intervals", "waits"):
            header, rows = self.csv(table)
            yield [dict(zip(header, row)) for row in rows]

    def streams_of_sqlite(self, database):
        database.row_factory = sqlite3.Row
        return [[{key: "" if row[key] is None else str(row[key]) for key in row.keys()}
                 for row in database.execute(f"SELECT * FROM {table}")] for table in ("intervals", "waits")]

    def streams_of_lines(self):
        lines = [json.loads(line) for line in (self.folder / "all.jsonl").read_text(encoding="utf-8").splitlines()]
        self.assertEqual((lines[0]["type"], lines[0]["schema"]), ("header", "gilscope-events-1"))
        self.assertEqual(lines[-1]["type"], "end")
        self.assertEqual(sum(line["type"] == "event" for line in lines), self.document["trace"]["events"])
        for line in lines:
            if line["type"] == "attempt" and line["whole"]:
                self.assertEqual(sum(blame["wait_ns"] for blame in line["blames"]), line["duration_ns"])
        return [[{key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in line.items()}
                 for line in lines if line["type"] == kind] for kind in ("interval", "attempt")]

    def check_streams(self, intervals, waits):
        """What every interval and wait sums up to, against the report."""
        yes = ("true", "1")
        for thread in self.document["threads"]:
            number = str(thread["number"])
            for state, total in thread["state_ns"].items():
                if state != "ended":
                    self.assertEqual(sum(int(row["duration_ns"]) for row in intervals
                                         if row["thread"] == number and row["state"] == state), total, state)
            own = [row for row in waits if row["thread"] == number]
            self.assertEqual(sum(int(row["busy"]) + int(row["retries"]) for row in own), thread["failed_attempts"])
            got = [row for row in own if row["outcome"] == "acquired"]
            whole = [int(row["duration_ns"]) for row in got if row["whole"] in yes]
            self.assertEqual((len(whole), sum(whole)), (thread["wait_ns"]["count"], thread["wait_ns"]["total"]))

    def compare_text(self):
        """The counts of the report's table of threads."""
        fields = ["acquisitions", "busy", "retries", "failed_attempts", "releases", "checks", "ticks", "wait_count"]
        text = self.gilscope("report", self.trace, "--fields", ",".join(fields), "--limit", "0").out
        for thread in self.document["threads"]:
            expected = [f"{thread[name]:,}" for name in fields[:-1]] + [f"{thread['wait_ns']['count']:,}"]
            rows = [line.split()[1:] for line in text.splitlines() if line.split()[:1] == [thread["name"]]]
            self.assertIn(expected, rows, thread["name"])

    def check_all_formats(self):
        self.export_all()
        self.compare_text()
        self.compare_csv()
        self.check_streams(*self.streams_of_csv())
        self.check_streams(*self.streams_of_lines())
        if "sqlite" in self.formats:
            database = sqlite3.connect(self.folder / "all.sqlite")
            self.compare_sqlite(database)
            self.check_streams(*self.streams_of_sqlite(database))
            database.close()

    def check_schema(self):
        try:
            from jsonschema import Draft202012Validator
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        if not SCHEMA.exists():
            self.skipTest("the schema is not built in this configuration")
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        document = json.loads((self.folder / "all.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(document)
        undescribed = []

        def tighten(part, path):
            """Nothing that the schema does not name, and all that it names."""
            for name, member in part.get("properties", {}).items():
                if "description" not in member:
                    undescribed.append(f"{path}.{name}")
                tighten(member, f"{path}.{name}")
            if "properties" in part:
                part.update(additionalProperties=False, required=list(part["properties"]))
            if "items" in part:
                tighten(part["items"], f"{path}[]")

        tighten(schema, "")
        Draft202012Validator(schema).validate(document)
        self.assertEqual(undescribed, [])

    def check_readers(self):
        """jq and JavaScript see each number as it stands in the file."""
        path = self.folder / "all.json"
        script = "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'))))"
        for reader in (["jq", "-c", ".", path], ["node", "-e", script, path]):
            if shutil.which(reader[0]):
                self.assertEqual(exact(harness.run(*reader).out), self.document, reader[0])

    def test_a_recorded_battle(self):
        self.record(harness.GILRUN, "battle", "--count", "100000")
        with self.subTest("all formats"):
            self.check_all_formats()
        with self.subTest("timeline"):
            self.check_timeline()
            self.check_timeline("--time", "5%,95%")
        with self.subTest("readers"):
            self.check_readers()
        with self.subTest("Ctrl-C"):
            self.interrupt()
        with self.subTest("no half files"):
            self.watch()
        with self.subTest("schema"):
            self.check_schema()

    def test_the_slide(self):
        slide = (harness.SOURCE / "tests" / "play" / "slide.txt").read_text()
        self.record_whole(harness.PLAY, harness.PROVIDER, stdin=slide, enough=harness.is_in_time)
        self.check_all_formats()
        self.check_schema()
        self.check_bad_places()
        self.check_folders()

    def check_timeline(self, *options):
        """The columns of the timeline add up to the numbers of the export of the same time."""
        report = self.report(options=options)
        gil, = report["gils"]
        text = self.gilscope("timeline", "--width", "100", "--limit", "1", *options, self.trace).out
        last = {line.split()[0]: line.split()[-1] for line in text.split("\n\n")[1].splitlines()}
        # Without any failed attempt, or any wait, there is no row of them: where one CPU was free, nobody fought.
        self.assertEqual(last.get("failed", "0"), f"{gil['failed_attempts']:,}")
        self.assertAlmostEqual(float(last.get("badness", 0)), gil["badness"], delta=0.006 * max(1, gil["badness"]))
        self.assertAlmostEqual(float(last.get("waiters", 0)), gil["waiting_ns"] / report["trace"]["duration_ns"], delta=0.006)
        for thread in report["threads"]:
            lane, = [line for line in text.splitlines() if line.startswith(thread["name"] + " ") and "%" in line]
            *_, holds, _, _, _, failed = lane.split()
            self.assertEqual(failed, f"{thread['failed_attempts']:,}")
            self.assertAlmostEqual(float(holds), 100 * thread["state_ns"]["holding"] / report["trace"]["duration_ns"], delta=0.1)

    def interrupt(self):
        """A pipe that nobody reads stops the export in the middle; then comes the Ctrl-C."""
        pipe = self.folder / "cut.jsonl"
        os.mkfifo(pipe)
        export = subprocess.Popen([harness.GILSCOPE, "export", self.trace, "--to", "jsonl,json", "-o",
                                   self.folder / "cut"], stderr=subprocess.DEVNULL)
        with open(pipe, encoding="utf-8") as lines:
            first = lines.readline()
            export.send_signal(signal.SIGINT)
            last = [first, *lines][-1]
        self.assertEqual(export.wait(60), 0)
        end = json.loads(last)
        document = json.loads((self.folder / "cut.json").read_text())
        self.assertEqual((end["type"], end["interrupted"], end["complete"]), ("end", True, False))
        self.assertLess(end["events"], self.document["trace"]["events"])
        self.assertEqual(document["trace"]["events"], end["events"])
        self.assertTrue(document["quality"]["interrupted"])

    def watch(self):
        """What a reader sees who looks all the time."""
        place = self.folder / "watched"
        place.mkdir()
        export = subprocess.Popen([harness.GILSCOPE, "export", self.trace, "--to", ",".join(self.formats),
                                   "-o", place / "gil"], stderr=subprocess.DEVNULL)
        seen = {}
        while export.poll() is None:
            for path in [path for path in place.rglob("*") if path.is_file()]:
                seen.setdefault(path.name, path.stat().st_size)
            time.sleep(0.001)
        for name, size in seen.items():
            whole = next(place.rglob(name), None)
            self.assertIsNotNone(whole, f"{name} has gone")
            self.assertEqual(whole.stat().st_size, size, f"{name} was seen before it was whole")
        export = subprocess.Popen([harness.GILSCOPE, "export", self.trace, "--to", "jsonl", "-o", place / "killed"],
                                  stderr=subprocess.DEVNULL)
        time.sleep(0.02)
        export.kill()
        export.wait()
        if (place / "killed").exists():
            self.assertIn('"type":"end"', (place / "killed").read_text().splitlines()[-1])

    def check_folders(self):
        """A folder is written again where an export made it, and left alone where not."""
        ours, mine = self.folder / "again", self.folder / "mine"
        mine.mkdir()
        (mine / "threads.csv").write_text("my own\n")
        for _ in range(2):
            self.gilscope("export", self.trace, "--to", "csv", "-o", ours)
        result = self.gilscope("export", self.trace, "--to", "csv", "-o", mine, expect=1)
        self.assert_one_sentence(result.err, str(mine), "'threads.csv'", "-o")
        self.assertEqual([(path.name, path.read_text()) for path in mine.iterdir()], [("threads.csv", "my own\n")])
        (ours / "notes.txt").touch()
        result = self.gilscope("export", self.trace, "--to", "csv", "-o", ours, expect=1)
        self.assert_one_sentence(result.err, str(ours), "'notes.txt'", "-o")

    def check_bad_places(self):
        before = sorted(self.folder.rglob("*"))
        for words, parts in (
                (["--to", "json", "-o", "/dev/full"], ["/dev/full", "No space left"]),
                (["--to", "jsonl", "-o", "/dev/full"], ["/dev/full", "No space left"]),
                (["--to", "json,jsonl", "-o", "no/where"], ["no/where.json", "-o"]),
                (["--to", "json", "-o", self.trace], [self.trace, "is a folder", "-o"]),
                (["--to", "json", "-o", "new/"], ["new/", "-o"]),
                (["--to", "csv", "-o", "no/where"], ["no/where", "-o"])):
            result = self.gilscope("export", self.trace, *words, expect=1)
            self.assert_one_sentence(result.err, *parts)
        for words, parts in (
                (["--to", "xml"], ["xml", "json, csv, jsonl, sqlite"]),
                ([], ["--to json"]),
                (["--to", "csv", "-o", "-"], ["csv", "-o"]),
                (["--to", "json,jsonl", "-o", "-"], ["one format"])):
            result = self.gilscope("export", self.trace, *words, expect=2)
            self.assert_one_sentence(result.err, *parts)
        self.assertEqual(sorted(self.folder.rglob("*")), before)


if __name__ == "__main__":
    harness.main()
