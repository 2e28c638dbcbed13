/* SPDX-License-Identifier: MIT */
#include "cli/paper.h"

#include "base/err.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct paper_options paper_options = { .color = "auto" };

static pid_t pager; /* 0: none */

int paper_check(void)
{
	const char *c = paper_options.color;

	if (strcmp(c, "auto") && strcmp(c, "always") && strcmp(c, "never"))
		return cli_usage("--color wants auto, always or never, not '%s'", c);
	if (paper_options.width > USHRT_MAX)
		return cli_usage("--width wants at most %d columns", USHRT_MAX);
	return EXIT_OK;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

/* The option, then what the environment asks for, then what the terminal can do. */
static bool wants_colour(bool terminal)
{
	const char *term = getenv("TERM");

	if (strcmp(paper_options.color, "auto"))
		return !strcmp(paper_options.color, "always");
	if (is_set("NO_COLOR"))
		return false;
	if (is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR"))
		return true;
	return terminal && term && strcmp(term, "dumb");
}

static unsigned columns(bool terminal)
{
	const char *variable = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (paper_options.width)
		return (unsigned)paper_options.width;
	if (variable && !cli_parse_count(variable, &n) && n > 0 && n <= USHRT_MAX)
		return (unsigned)n;
	if (!terminal)
		return 0;
	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

/* ---- the pager ------------------------------------------------------------------- */

static bool is_installed(const char *program)
{
	const char *path = getenv("PATH");
	char candidate[PATH_MAX];

	for (const char *end; path && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, ':');
		snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)(end - path), path, program);
		if (!access(candidate, X_OK))
			return true;
	}
	return false;
}

/* What to run, or NULL for none. */
static const char *pager_command(void)
{
	static const char *const variables[] = { "GIL_PAGER", "PAGER" };

	for (int i = 0; i < 2; i++) {
		const char *command = getenv(variables[i]);

		if (command)
			return *command && strcmp(command, "cat") ? command : NULL;
	}
	return is_installed("less") ? "less -FRX" : NULL;
}

static void become_pager(const char *command, int from)
{
	/* A bare `less` should leave short texts on the screen and pass colours, as it does for git. */
	setenv("LESS", "FRX", 0);
	signal(SIGPIPE, SIG_DFL);
	dup2(from, STDIN_FILENO);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void start_pager(void)
{
	const char *command = pager_command();
	int ends[2];

	if (!command || pipe(ends))
		return;
	fflush(stdout);
	pager = fork();
	if (pager == 0) {
		close(ends[1]);
		become_pager(command, ends[0]);
	}
	if (pager > 0)
		dup2(ends[1], STDOUT_FILENO);
	else
		pager = 0;
	close(ends[0]);
	close(ends[1]);
}

/* ---- open and close --------------------------------------------------------------- */

void paper_open(struct gilscope_page *page)
{
	bool terminal = isatty(STDOUT_FILENO);

	*page = (struct gilscope_page){
		.size = sizeof(*page),
		.out = stdout,
		.colour = wants_colour(terminal),
		.utf8 = !paper_options.ascii && !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.width = columns(terminal),
	};
	/* A reader that leaves shows as EPIPE, not as our death. */
	signal(SIGPIPE, SIG_IGN);
	if (terminal && !paper_options.no_pager)
		start_pager();
}

/* A pipe that nobody reads any more. */
static bool reader_left(void)
{
	struct pollfd fd = { .fd = STDOUT_FILENO };

	return poll(&fd, 1, 0) > 0 && fd.revents & POLLERR;
}

/* stdio does not keep why an earlier write failed. The next one mostly fails like it; else the output has a line more. */
static int why_it_failed(void)
{
	return write(STDOUT_FILENO, "\n", 1) < 0 ? -errno : -EIO;
}

int paper_close(void)
{
	int code = fflush(stdout) ? -errno : ferror(stdout) ? why_it_failed() : 0;

	if (code && reader_left())
		code = 0;

	if (pager) {
		close(STDOUT_FILENO);
		while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
			;
		pager = 0;
	}
	if (code)
		return err(code, "cannot write to the standard output: %s", strerror(-code));
	return 0;
}
