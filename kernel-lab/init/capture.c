// SPDX-License-Identifier: MIT
/*
 * A program of the image, and what a board's own files say about it: the filemap events of the trace while it runs, or its
 * smaps (and which of its pages the page tables have, from pagemap) at the moment when it ends.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACING "/tracing"

static void write_to(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	char what[256];

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		snprintf(what, sizeof(what), "write %s", path);
		die(what);
	}
	close(fd);
}

static void begin_trace(void)
{
	static int is_set_up;

	if (!is_set_up) {
		if (mkdir(TRACING, 0755) < 0 || mount("tracefs", TRACING, "tracefs", 0, NULL) < 0)
			die("mount tracefs");
		write_to(TRACING "/buffer_size_kb", "16384", 0);
		write_to(TRACING "/events/filemap/enable", "1", 0);
		is_set_up = 1;
	}
	write_to(TRACING "/tracing_on", "0", 0);
	write_to(TRACING "/trace", "", O_TRUNC);
	write_to(TRACING "/tracing_on", "1", 0);
}

/* The whole of a file as a string: how long it is shows at its end. */
static void json_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t got;

	json_text("\"");
	while (fd >= 0 && (got = read(fd, piece, sizeof(piece))) > 0)
		json_bytes(piece, got);
	if (fd >= 0)
		close(fd);
	json_text("\"");
}

/*
 * The pages of file mappings that are page cache in the page tables, as lines "ADDRESS PAGES": present, and of a file
 * (bit 61). Direct pages have no struct page, and are not among them.
 */
static void json_cached_pages(pid_t child)
{
	char path[64], line[512];
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", child);
	maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%d/pagemap", child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	json_text("\"");
	while (maps && fd >= 0 && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, run = 0;

		if (sscanf(line, "%lx-%lx", &start, &end) != 2 || !strchr(line, '/'))
			continue;
		for (unsigned long at = start; at <= end; at += PAGE_BYTES) {
			uint64_t entry = 0;
			char text[64];

			if (at < end && pread(fd, &entry, sizeof(entry), at / PAGE_BYTES * sizeof(entry)) != sizeof(entry))
				entry = 0;
			if ((entry >> 63 & 1) && (entry >> 61 & 1)) {
				run++;
			} else if (run) {
				snprintf(text, sizeof(text), "%lx %lu\n", at - run * PAGE_BYTES, run);
				json_bytes(text, strlen(text));
				run = 0;
			}
		}
	}
	json_text("\"");
	if (maps)
		fclose(maps);
	if (fd >= 0)
		close(fd);
}

static void json_smaps(pid_t child)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps", child);
	json_text("\"captured\":");
	json_file(path);
	json_text(",\"cached\":");
	json_cached_pages(child);
	json_text(",");
}

/* Waits until a program ends; where its smaps are wanted, it is stopped right before. Gives what wait() said at the end. */
static int wait_for(pid_t child, int is_smaps)
{
	const long long end = milliseconds() + PROGRAM_SECONDS * 1000;
	const struct timespec pause = { .tv_nsec = 2000000 };
	int status, is_recorded = 0, is_begun = 0;

	for (;;) {
		pid_t got = waitpid(child, &status, WNOHANG);

		if (got < 0)
			die("wait for the program");
		if (got == 0) {
			if (milliseconds() > end) {
				if (is_smaps && !is_recorded) {
					json_smaps(child);
					is_recorded = 1;
				}
				kill(child, SIGKILL);
			}
			nanosleep(&pause, NULL);
			continue;
		}
		if (!WIFSTOPPED(status))
			break;
		if (!is_begun) {
			is_begun = 1;
			if (ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACEEXIT) < 0)
				die("trace the program");
			ptrace(PTRACE_CONT, child, NULL, NULL);
		} else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			if (!is_recorded)
				json_smaps(child);
			is_recorded = 1;
			ptrace(PTRACE_CONT, child, NULL, NULL);
		} else {
			ptrace(PTRACE_CONT, child, NULL, (void *)(long)WSTOPSIG(status));
		}
	}
	if (is_smaps && !is_recorded)
		json_text("\"captured\":\"\",\"cached\":\"\",");
	return status;
}

void run_capture(const struct region *region, const char *what, char *argv[])
{
	int is_smaps = !strcmp(what, "smaps");
	int output = memfd_create("output", MFD_CLOEXEC), status;
	ssize_t length;
	pid_t child;

	if (output < 0)
		die("make a file for the program's output");
	drop_page_cache();
	if (!is_smaps)
		begin_trace();
	kmsg_skip();
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		/* The first stop is at execve(). */
		if (is_smaps && ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(126);
		become(region, argv, output);
	}
	status = wait_for(child, is_smaps);
	if (!is_smaps) {
		write_to(TRACING "/tracing_on", "0", 0);
		json_text("\"captured\":");
		json_file(TRACING "/trace");
		json_text(",");
	}
	json_status(status);
	length = pread(output, scratch, SCRATCH_BYTES, 0);
	close(output);
	json_text(",\"output\":");
	json_string(scratch, length < 0 ? 0 : length);
	json_text(",\"kmsg\":");
	kmsg_json(KMSG_CRAMFS);
}
