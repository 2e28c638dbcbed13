/* SPDX-License-Identifier: MIT */
#include "cli/binary.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "cli/tracee.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SCRIPTS_MAX = 5, LINE_SIZE = 512 }; /* as many as Linux follows; a longer line it cuts */

#if __SIZEOF_POINTER__ == 8
enum { OWN_CLASS = ELFCLASS64 };
#else
enum { OWN_CLASS = ELFCLASS32 };
#endif

/* ---- scripts -------------------------------------------------------------------- */

/* "#!/usr/bin/env -S NAME=value python3 -u": python3. @return 0, or 1: there is none */
static int find_behind_env(char *words, char path[PATH_MAX])
{
	char *rest;
	int mark = err_mark();

	for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (*word == '-' || strchr(word, '='))
			continue;
		if (!tracee_find(word, path))
			return 0;
		err_forget(mark);
		return 1;
	}
	return 1;
}

/* Replaces the path of a script by that of its interpreter. @return whether it was a script. */
static bool step_to_interpreter(char path[PATH_MAX])
{
	cleanup(fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char line[LINE_SIZE], *word = line + 2, *end;
	ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : 0;

	if (n < 3 || memcmp(line, "#!", 2))
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	word += strspn(word, " \t");
	end = word + strcspn(word, " \t");
	snprintf(path, PATH_MAX, "%.*s", (int)(end - word), word);
	if (end - word >= 4 && !memcmp(end - 4, "/env", 4))
		find_behind_env(end, path);
	return true;
}

/* ---- ELF ------------------------------------------------------------------------ */

static bool contains(const char *file, size_t size, const char *text)
{
	return memmem(file, size, text, strlen(text)) != NULL;
}

/* The dynamic loader that it asks for; NULL: none. */
static const char *loader_of(const char *file, size_t size)
{
	const ElfW(Ehdr) *header = (const void *)file;
	const ElfW(Phdr) *p = (const void *)(file + header->e_phoff);

	if (header->e_phentsize != sizeof(*p) || header->e_phoff > size ||
	    (size - header->e_phoff) / sizeof(*p) < header->e_phnum)
		return NULL;
	for (int i = 0; i < header->e_phnum; i++)
		if (p[i].p_type == PT_INTERP && p[i].p_offset < size && p[i].p_filesz &&
		    p[i].p_filesz <= size - p[i].p_offset && !file[p[i].p_offset + p[i].p_filesz - 1])
			return file + p[i].p_offset;
	return NULL;
}

static ElfW(Half) own_machine(void)
{
	cleanup(fdp) int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) own = { .e_machine = EM_NONE };

	return fd >= 0 && read(fd, &own, sizeof(own)) == sizeof(own) ? own.e_machine : EM_NONE;
}

static enum binary_kind kind_of(const char *file, size_t size)
{
	const ElfW(Ehdr) *header = (const void *)file;
	const char *loader;

	if (size < sizeof(*header) || memcmp(file, ELFMAG, SELFMAG))
		return BINARY_UNKNOWN;
	if (header->e_ident[EI_CLASS] != OWN_CLASS || header->e_machine != own_machine())
		return BINARY_FOREIGN;
	loader = loader_of(file, size);
	if (!loader)
		return BINARY_STATIC;
	return strstr(loader, "/ld-musl-") ? BINARY_MUSL : BINARY_PRELOADABLE;
}

/* When the kernel sets AT_SECURE. */
static bool is_privileged(int fd, const struct stat *st)
{
	if ((st->st_mode & S_ISUID && st->st_uid != geteuid()) ||
	    (st->st_mode & S_ISGID && st->st_mode & S_IXGRP && st->st_gid != getegid()))
		return true;
	return geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

void binary_look(struct binary *out, const char *path)
{
	struct stat st;
	char *file;

	*out = (struct binary){ .kind = BINARY_UNKNOWN };
	snprintf(out->path, sizeof(out->path), "%s", path);
	for (int i = 0; i < SCRIPTS_MAX && step_to_interpreter(out->path); i++)
		;
	cleanup(fdp) int fd = open(out->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size == 0)
		return;
	out->privileged = is_privileged(fd, &st);
	file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (file == MAP_FAILED)
		return;
	out->kind = kind_of(file, (size_t)st.st_size);
	out->python = contains(file, (size_t)st.st_size, "PyEval_SaveThread") ||
		      contains(file, (size_t)st.st_size, "libpython");
	out->pypy = contains(file, (size_t)st.st_size, "libpypy") ||
		    contains(file, (size_t)st.st_size, "PyPy_IsInitialized");
	munmap(file, (size_t)st.st_size);
}
