// SPDX-License-Identifier: MIT
/* A program of the image, run with the image as its root. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Noreturn void become(const struct region *region, char *argv[], int output)
{
	static char *environment[] = { "LD_LIBRARY_PATH=/lib", "PATH=/bin", NULL };
	int input = open("/dev/null", O_RDONLY);

	dup2(input, 0);
	dup2(output, 1);
	dup2(output, 2);
	close(input);
	close(output);
	if (chroot(region->root) < 0 || chdir("/") < 0)
		_exit(126);
	execve(argv[0], argv, environment);
	dprintf(1, "execve: %s", strerrorname_np(errno));
	_exit(127);
}

long long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Collects what the child writes, as far as the buffer goes, until it ends, its time is over or the kernel oopses. */
static size_t collect(int input, pid_t child)
{
	const long long end = milliseconds() + PROGRAM_SECONDS * 1000;
	size_t length = 0;

	for (;;) {
		struct pollfd ready[] = { { .fd = input, .events = POLLIN }, { .fd = kmsg_watch(), .events = POLLIN } };
		long long left = end - milliseconds();
		char surplus[4096];
		ssize_t got;

		if (left <= 0 || poll(ready, 2, left) == 0) {
			kill(child, SIGKILL);
			return length;
		}
		/* What it wrote before is read first. */
		if (!ready[0].revents) {
			if (kmsg_has_oops())
				return length;
			continue;
		}
		got = length < SCRATCH_BYTES ? read(input, scratch + length, SCRATCH_BYTES - length) :
					       read(input, surplus, sizeof(surplus));
		if (got <= 0)
			return length;
		if (length < SCRATCH_BYTES)
			length += got;
	}
}

static void json_code(const char *label, int is_there, int value)
{
	json_text(label);
	if (is_there)
		json_number(value);
	else
		json_text("null");
}

void json_status(int status)
{
	json_code("\"exit\":", WIFEXITED(status), WEXITSTATUS(status));
	json_code(",\"signal\":", WIFSIGNALED(status), WTERMSIG(status));
}

void run_exec(const struct region *region, char *argv[])
{
	int ends[2], status, returned;
	size_t length;
	pid_t child;

	drop_page_cache();
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("make a pipe");
	kmsg_skip();
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0)
		become(region, argv, ends[1]);
	close(ends[1]);
	length = collect(ends[0], child);
	close(ends[0]);
	returned = wait_for_child(child, &status);
	if (returned)
		json_status(status);
	else
		json_text("\"returned\":false,\"exit\":null,\"signal\":null");
	json_text(",\"output\":");
	json_string(scratch, length);
	json_text(",\"kmsg\":");
	kmsg_json(returned ? KMSG_CRAMFS : KMSG_ALL);
}
