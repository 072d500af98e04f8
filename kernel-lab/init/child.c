// SPDX-License-Identifier: MIT
/*
 * Children whose calls may never return: where the kernel oopses in one, it keeps the locks of the process, and the child
 * stays for good. All others go on.
 */
#include "lab.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a child may take to end after an oops, in milliseconds: one that holds no lock does. */
#define GRACE 500

int wait_for_child(pid_t child, int *status)
{
	int pidfd = syscall(SYS_pidfd_open, child, 0), is_stuck = 0;

	if (pidfd < 0)
		die("watch a child");
	for (;;) {
		struct pollfd ready[] = { { .fd = pidfd, .events = POLLIN }, { .fd = kmsg_watch(), .events = POLLIN } };
		int oopsed = kmsg_has_oops();

		if (poll(ready, oopsed ? 1 : 2, oopsed ? GRACE : -1) == 0) {
			is_stuck = 1;
			break;
		}
		if (ready[0].revents)
			break;
	}
	close(pidfd);
	if (is_stuck) {
		kill(child, SIGKILL);
		return 0;
	}
	if (waitpid(child, status, 0) < 0)
		die("wait for a child");
	return !(WIFSIGNALED(*status) && kmsg_has_oops());
}

void run_in_child(void (*work)(const void *), const void *argument)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		die("fork");
	if (child == 0) {
		work(argument);
		json_text("}");
		json_end_line();
		_exit(0);
	}
	if (wait_for_child(child, &status)) {
		if (!WIFEXITED(status)) {
			errno = EINTR;
			die("carry out a request: its process was killed");
		}
		json_forget();
		return;
	}
	json_text("\"returned\":false,\"kmsg\":");
	kmsg_json(KMSG_ALL);
	json_text("}");
	json_end_line();
}
