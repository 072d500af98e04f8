// SPDX-License-Identifier: MIT
/*
 * Carries out /plan, one request a line, words separated by spaces, %XX for bytes outside printable ASCII, spaces and
 * percent signs:
 *
 *   module FILE PARAMETERS…
 *   region HOW                          the next MTD device: mounted (mount_region() has the ways), and what follows is about it
 *   vector LENGTH OFFSET PROT FLAGS PATH
 *   read PATH
 *   exec PROGRAM ARGUMENTS…
 *   capture trace|smaps PROGRAM ARGUMENTS…
 *
 * For each line but `module` there is one JSON object with the line's number and the results, after {"start":true} and
 * before {"end":true}. The requests of a region that could not be mounted are passed over. A % alone is an empty word.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_WORDS 256

char *scratch;

static _Noreturn void power_off(void)
{
	json_close();
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

void die(const char *what)
{
	char message[512];

	snprintf(message, sizeof(message), "cannot %s: %s", what, strerrorname_np(errno));
	dprintf(2, "lab: %s\n", message);
	json_text("\n{\"failed\":");
	json_string_or_null(message);
	json_text("}");
	json_end_line();
	power_off();
}

void json_errno(const char *label, int number)
{
	json_text(label);
	json_string_or_null(number ? strerrorname_np(number) : NULL);
}

int open_in(const struct region *region, const char *path, int flags)
{
	/* A fifo must not block; for regular files O_NONBLOCK means nothing. */
	struct open_how how = { .flags = flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return syscall(SYS_openat2, region->fd, path, &how, sizeof(how));
}

void drop_page_cache(void)
{
	static int fd = -1;

	if (fd < 0) {
		fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
		/* From now on without a word in the log. */
		if (pwrite(fd, "4", 1, 0) != 1)
			die("open /proc/sys/vm/drop_caches");
	}
	if (pwrite(fd, "1", 1, 0) != 1)
		die("drop the page cache");
}

/* Splits a line into words and undoes their escapes, in place. */
static unsigned int split(char *line, char *words[])
{
	unsigned int count = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
		char *to = word;

		if (!strcmp(word, "%"))
			*word = '\0';
		if (count == MAX_WORDS)
			die("carry out the plan: too many words in a line");
		for (const char *from = word; *from; to++) {
			unsigned int byte;

			if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
				*to = byte;
				from += 3;
			} else {
				*to = *from++;
			}
		}
		*to = '\0';
		words[count++] = word;
	}
	words[count] = NULL;
	return count;
}

static void insert_module(char *words[])
{
	char parameters[4096] = "";

	for (unsigned int i = 2; words[i]; i++) {
		strncat(parameters, words[i], sizeof(parameters) - strlen(parameters) - 1);
		strncat(parameters, " ", sizeof(parameters) - strlen(parameters) - 1);
	}
	load_module(words[1], parameters);
}

static void carry_out(FILE *plan)
{
	static char line[1 << 16];
	static struct region region;
	static char *words[MAX_WORDS + 1];
	unsigned int regions = 0, number = 0;
	int is_mounted = 0, is_started = 0;

	while (fgets(line, sizeof(line), plan)) {
		unsigned int count = split(line, words);
		const char *kind = count ? words[0] : "";

		number++;
		if (!strcmp(kind, "module") && count >= 2) {
			insert_module(words);
			continue;
		}
		if (!is_started) {
			/* From here on a crash is about an image. */
			is_started = 1;
			json_text("{\"start\":true}");
			json_end_line();
		}
		if (strcmp(kind, "region") && !is_mounted)
			continue;
		json_text("{\"line\":");
		json_number(number);
		json_text(",");
		if (!strcmp(kind, "region") && count == 2) {
			if (is_mounted)
				close(region.fd);
			is_mounted = mount_region(regions++, words[1], &region);
		} else if (!strcmp(kind, "vector") && count == 6) {
			const struct vector vector = {
				.region = &region,
				.length = strtoull(words[1], NULL, 0),
				.offset = strtoull(words[2], NULL, 0),
				.prot = words[3],
				.flags = words[4],
				.path = words[5],
			};

			run_vector(&vector);
			continue;
		} else if (!strcmp(kind, "read") && count == 2) {
			run_read(&region, words[1]);
		} else if (!strcmp(kind, "exec") && count >= 2) {
			run_exec(&region, words + 1);
		} else if (!strcmp(kind, "capture") && count >= 3) {
			run_capture(&region, words[1], words + 2);
		} else {
			die("carry out the plan: a line is not understood");
		}
		json_text("}");
		json_end_line();
	}
}

int main(void)
{
	FILE *plan;

	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) < 0 || mount("proc", "/proc", "proc", 0, NULL) < 0)
		die("mount /dev and /proc");
	json_open(getenv("RESULTS") ? getenv("RESULTS") : "/dev/ttyS1");
	kmsg_open();
	scratch = mmap(NULL, SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (scratch == MAP_FAILED)
		die("map a buffer");
	plan = fopen("/plan", "re");
	if (!plan)
		die("open the plan");
	carry_out(plan);
	json_text("{\"end\":true}");
	json_end_line();
	power_off();
}
