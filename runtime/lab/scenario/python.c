/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "runtime/lab/scenario/scenario.h"
#include "runtime/lab/scenario/text.h"

/* What the statements call. Text of the scenario comes later: the coding line must be the second. */
static const char imports[] =
	"import errno\n"
	"import os\n"
	"import signal\n"
	"import sys\n"
	"import threading\n"
	"import time\n";

static const char helpers[] =
	"\n"
	"if sys.version_info[0] < 3:\n"
	"    range = xrange\n"
	"clock = getattr(time, \"perf_counter\", time.time)\n"
	"sleep = time.sleep\n"
	"channels = {}   # name: [end to receive from, end to send to]\n"
	"threads = {}    # name: its copies\n"
	"stacks = {}     # name: bytes\n"
	"started = []\n"
	"ended = []      # not empty: daemons may go\n"
	"sent = {}       # signal: when it was sent, until its handler begins\n"
	"latencies = []  # (signal, seconds)\n"
	"\n"
	"\n"
	"def count(n):\n"
	"    while n > 0:\n"
	"        n -= 1\n"
	"\n"
	"\n"
	"def interrupted(error):\n"
	"    # Before 3.5 a signal ends a system call.\n"
	"    return error.errno == errno.EINTR\n"
	"\n"
	"\n"
	"def write(fd, data):\n"
	"    while data:\n"
	"        try:\n"
	"            data = data[os.write(fd, data):]\n"
	"        except OSError as error:\n"
	"            if not interrupted(error):\n"
	"                raise\n"
	"\n"
	"\n"
	"def send(name, n):\n"
	"    write(channels[name][1], b\"\\0\" * n)\n"
	"\n"
	"\n"
	"def recv(name, n):\n"
	"    while n > 0:\n"
	"        try:\n"
	"            n -= len(os.read(channels[name][0], min(n, 4096)))\n"
	"        except OSError as error:\n"
	"            if not interrupted(error):\n"
	"                raise\n"
	"\n"
	"\n"
	"def read(path):\n"
	"    fd = os.open(path, os.O_RDONLY)\n"
	"    while os.read(fd, 65536):\n"
	"        pass\n"
	"    os.close(fd)\n"
	"\n"
	"\n"
	"def start(name):\n"
	"    for thread in threads[name]:\n"
	"        threading.stack_size(stacks[name])\n"
	"        thread.start()\n"
	"        started.append(thread)\n"
	"\n"
	"\n"
	"def join(name):\n"
	"    for thread in threads[name]:\n"
	"        thread.join()\n"
	"\n"
	"\n"
	"def kill(name):\n"
	"    # Signals that the handler did not answer yet are one signal.\n"
	"    sent.setdefault(name, clock())\n"
	"    os.kill(os.getpid(), getattr(signal, name))\n"
	"\n"
	"\n"
	"def checkinterval(ticks):\n"
	"    if sys.version_info[0] < 3:\n"
	"        sys.setcheckinterval(ticks)\n"
	"\n"
	"\n"
	"def switchinterval(seconds):\n"
	"    if hasattr(sys, \"setswitchinterval\"):\n"
	"        sys.setswitchinterval(seconds)\n"
	"\n"
	"\n"
	"def say(text):\n"
	"    line = text.replace(\"{name}\", threading.current_thread().name)\n"
	"    line = line.replace(\"{pid}\", str(os.getpid())) + \"\\n\"\n"
	"    write(1, line if isinstance(line, bytes) else line.encode(\"utf-8\"))\n"
	"\n"
	"\n"
	"def numbered(name, copies):\n"
	"    return [\"%s%d\" % (name, i) for i in range(1, copies + 1)]\n"
	"\n"
	"\n"
	"def quiet(body, ended):\n"
	"    # 2.7 takes the program's names away from daemons before it ends them.\n"
	"    def run():\n"
	"        try:\n"
	"            body()\n"
	"        except:\n"
	"            if not ended:\n"
	"                raise\n"
	"    return run\n"
	"\n"
	"\n"
	"def thread(name, body, names, daemon, stack):\n"
	"    if daemon:\n"
	"        body = quiet(body, ended)\n"
	"    threads[name] = [threading.Thread(target=body, name=n) for n in names]\n"
	"    for new in threads[name]:\n"
	"        new.daemon = daemon\n"
	"    stacks[name] = stack\n"
	"\n"
	"\n"
	"def on(name, body):\n"
	"    def handler(signum, frame):\n"
	"        now = clock()\n"
	"        begin = sent.pop(name, None)\n"
	"        if begin is not None:\n"
	"            latencies.append((name, now - begin))\n"
	"        body()\n"
	"    signal.signal(getattr(signal, name), handler)\n";

static const char ending[] =
	"\n"
	"\n"
	"def save(path, wall):\n"
	"    signals = [\n"
	"        '{\"signal\": \"%s\", \"latency_ns\": %d}' % (name, seconds * 1e9)\n"
	"        for name, seconds in latencies]\n"
	"    with open(path, \"w\") as truth:\n"
	"        truth.write(\n"
	"            '{\"schema\": \"gilscope-python-1\", \"wall_ns\": %d, \"signals\": [%s]}\\n'\n"
	"            % (wall * 1e9, \", \".join(signals)))\n"
	"\n"
	"\n"
	"def usage():\n"
	"    sys.exit(\"usage: %s [--truth FILE] [--check-interval N] \"\n"
	"             \"[--switch-interval SECONDS]\" % sys.argv[0])\n"
	"\n"
	"\n"
	"def run():\n"
	"    options = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
	"    known = {\"--truth\", \"--check-interval\", \"--switch-interval\"}\n"
	"    if len(sys.argv) % 2 == 0 or set(options) - known:\n"
	"        usage()\n"
	"    try:\n"
	"        if \"--check-interval\" in options:\n"
	"            checkinterval(int(options[\"--check-interval\"]))\n"
	"        if \"--switch-interval\" in options:\n"
	"            switchinterval(float(options[\"--switch-interval\"]))\n"
	"    except ValueError:\n"
	"        usage()\n"
	"    begin = clock()\n"
	"    main()\n"
	"    for thread in started:  # which may start more\n"
	"        if not thread.daemon:\n"
	"            thread.join()\n"
	"    wall = clock() - begin\n"
	"    ended.append(True)\n"
	"    if \"--truth\" in options:\n"
	"        save(options[\"--truth\"], wall)\n"
	"\n"
	"\n"
	"run()\n";

/* A string of Python 2 and 3. The text is UTF-8, as the program says it is. */
static void put_text(FILE *out, const char *text)
{
	putc('"', out);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\') {
			fprintf(out, "\\%c", *c);
		} else if (*c < ' ' || *c == 0x7f) {
			fprintf(out, "\\x%02x", *c);
		} else {
			putc(*c, out);
		}
	}
	putc('"', out);
}

/* A file's name may have anything in it, and must not end the comment that it is in. */
static void put_comment(FILE *out, const struct scenario *s)
{
	fputs("# ", out);
	for (const char *c = s->name; *c; c++)
		putc(*c < ' ' || *c > '~' ? '?' : *c, out);
	fprintf(out, "%s%s\n", *s->description ? ": " : "", s->description);
}

static void put_call(FILE *out, const char *function, const char *text)
{
	fprintf(out, "%s(", function);
	put_text(out, text);
	fputs(")\n", out);
}

static void put_seconds(FILE *out, const char *function, int64_t ns)
{
	char digits[32];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRId64 ".%09" PRId64,
					 ns / 1000000000, ns % 1000000000);

	while (digits[length - 1] == '0' && digits[length - 2] != '.')
		digits[--length] = '\0';
	fprintf(out, "%s(%s)\n", function, digits);
}

static void put_transfer(const struct scenario *s, const struct statement *st, const char *function,
			 FILE *out)
{
	fprintf(out, "%s(", function);
	put_text(out, s->channels[st->object].name);
	fprintf(out, ", %" PRId64 ")\n", st->number);
}

static void put_statement(const struct scenario *s, const struct statement *st, FILE *out)
{
	switch (st->kind) {
	case STATEMENT_COUNT:
		fprintf(out, "count(%" PRId64 ")\n", st->number);
		break;
	case STATEMENT_SLEEP:
		put_seconds(out, "sleep", st->number);
		break;
	case STATEMENT_HOLD:
		put_seconds(out, "hold", st->number);
		break;
	case STATEMENT_SEND:
		put_transfer(s, st, "send", out);
		break;
	case STATEMENT_RECV:
		put_transfer(s, st, "recv", out);
		break;
	case STATEMENT_READ:
		put_call(out, "read", st->text);
		break;
	case STATEMENT_START:
		put_call(out, "start", s->bodies[st->object].name);
		break;
	case STATEMENT_JOIN:
		put_call(out, "join", s->bodies[st->object].name);
		break;
	case STATEMENT_KILL:
		put_call(out, "kill", text_signal_name((int)st->number));
		break;
	case STATEMENT_CHECK_INTERVAL:
		fprintf(out, "checkinterval(%" PRId64 ")\n", st->number);
		break;
	case STATEMENT_SWITCH_INTERVAL:
		put_seconds(out, "switchinterval", st->number);
		break;
	case STATEMENT_PRINT:
		put_call(out, "say", st->text);
		break;
	case STATEMENT_REPEAT:
		if (st->number == SCENARIO_FOREVER) {
			fputs("while 1:\n", out);
		} else {
			fprintf(out, "for _ in range(%" PRId64 "):\n", st->number);
		}
		break;
	case STATEMENT_END:
		break;
	}
}

static void put_indent(FILE *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		fputs("    ", out);
}

static void put_statements(const struct scenario *s, const struct body *body, FILE *out)
{
	bool empty = true; /* nothing yet in the innermost block */
	size_t depth = 1;

	for (size_t i = 0; i < body->n_statements; i++) {
		const struct statement *st = &body->statements[i];

		if (st->kind != STATEMENT_END) {
			put_indent(out, depth);
			put_statement(s, st, out);
			empty = st->kind == STATEMENT_REPEAT;
			depth += empty;
			continue;
		}
		if (empty) {
			put_indent(out, depth);
			fputs("pass\n", out);
		}
		empty = false;
		depth--;
	}
	if (empty)
		fputs("    pass\n", out);
}

static bool holds(const struct scenario *s)
{
	for (size_t i = 0; i < s->n_bodies; i++)
		for (size_t j = 0; j < s->bodies[i].n_statements; j++)
			if (s->bodies[i].statements[j].kind == STATEMENT_HOLD)
				return true;
	return false;
}

/* Unlike CDLL, PyDLL keeps the GIL in its calls. */
static void put_hold(const struct scenario *s, FILE *out)
{
	if (holds(s))
		fputs("\nimport ctypes\n\nlibc = ctypes.PyDLL(None)  # keeps the GIL in its calls\n"
		      "\n\ndef hold(seconds):\n    libc.usleep(int(seconds * 1e6))\n", out);
}

/* "thread_" keeps the scenario's names apart from ours. */
static const char *prefix(const struct body *body)
{
	return body->kind == BODY_THREAD ? "thread_" : "";
}

static void put_channels(const struct scenario *s, FILE *out)
{
	bool sockets = false;

	for (size_t i = 0; i < s->n_channels; i++) {
		const struct channel_spec *channel = &s->channels[i];

		if (channel->is_socket && !sockets)
			fputs("import socket\n\nsockets = []  # keeps them open\n", out);
		sockets |= channel->is_socket;
		if (channel->is_socket)
			fputs("sockets.append(socket.socketpair())\n", out);
		fputs("channels[", out);
		put_text(out, channel->name);
		fputs(channel->is_socket ? "] = [end.fileno() for end in sockets[-1]]\n" :
					   "] = os.pipe()\n", out);
	}
}

static void put_thread(const struct body *body, FILE *out)
{
	fputs("thread(", out);
	put_text(out, body->name);
	fprintf(out, ", thread_%s, ", body->name);
	if (body->numbered) {
		fputs("numbered(", out);
		put_text(out, body->name);
		fprintf(out, ", %zu)", body->copies);
	} else {
		putc('[', out);
		put_text(out, body->name);
		putc(']', out);
	}
	fprintf(out, ", %s, %zu)\n", body->daemon ? "True" : "False", body->stack_bytes);
}

static void put_bodies(const struct scenario *s, FILE *out)
{
	for (size_t i = 0; i < s->n_bodies; i++) {
		const struct body *body = &s->bodies[i];

		fprintf(out, "\n\ndef %s%s():\n", prefix(body), body->name);
		put_statements(s, body, out);
	}
	fputs("\n\n", out);
	for (size_t i = 0; i < s->n_bodies; i++) {
		if (s->bodies[i].kind == BODY_THREAD)
			put_thread(&s->bodies[i], out);
		if (s->bodies[i].kind == BODY_HANDLER)
			fprintf(out, "on(\"%s\", %s)\n", text_signal_name(s->bodies[i].signal),
				s->bodies[i].name);
	}
}

int scenario_write_python(const struct scenario *s, FILE *out)
{
	fputs("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n", out);
	put_comment(out, s);
	fputs(imports, out);
	fputs(helpers, out);
	put_hold(s, out);
	put_bodies(s, out);
	put_channels(s, out);
	fputs(ending, out);
	if (fflush(out) || ferror(out))
		return err(-errno, "cannot write the Python of scenario '%s': %s", s->name,
			   strerror(errno));
	return 0;
}
