// SPDX-License-Identifier: MIT
/*
 * /dev/kmsg: a read gives one record, "level,sequence,time,flags;text\n" and perhaps lines with further keys, which
 * begin with a space. Bytes outside printable ASCII, and backslashes, stand as \xNN.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Every line of cramfs begins so; lines of others do not. */
#define PREFIX "cramfs: "

static int fd = -1;
/* The same log, read only to find an oops. */
static int watch = -1;
static int has_oops;

void kmsg_open(void)
{
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	watch = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || watch < 0)
		die("open /dev/kmsg");
	kmsg_skip();
}

void kmsg_skip(void)
{
	if (lseek(fd, 0, SEEK_END) < 0 || lseek(watch, 0, SEEK_END) < 0)
		die("skip the kernel log");
	has_oops = 0;
}

int kmsg_watch(void)
{
	return watch;
}

/* "Oops [#1]" of RISC-V, "Oops: 0000 [#1]" of x86, "Internal error: Oops: 96000004 [#1]" of ARM. */
int kmsg_has_oops(void)
{
	static char record[8192 + 1];

	for (;;) {
		ssize_t got = read(watch, record, sizeof(record) - 1);

		if (got < 0 && errno == EPIPE)
			continue;
		if (got <= 0)
			return has_oops;
		record[got] = '\0';
		if (strstr(record, "Oops") && strstr(record, " [#"))
			has_oops = 1;
	}
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes the escapes in place; returns the length. */
static size_t unescape(char *text)
{
	size_t length = 0;

	for (const char *at = text; *at; length++) {
		if (at[0] == '\\' && at[1] == 'x' && digit(at[2]) >= 0 && digit(at[3]) >= 0) {
			text[length] = digit(at[2]) << 4 | digit(at[3]);
			at += 4;
		} else {
			text[length] = *at++;
		}
	}
	text[length] = '\0';
	return length;
}

static unsigned int write_lines(enum kmsg_filter filter, const char *before)
{
	static char record[8192 + 1];
	unsigned int lines = 0;

	for (;;) {
		ssize_t got = read(fd, record, sizeof(record) - 1);
		char *text, *end, *prefix;

		if (got < 0 && errno == EPIPE)
			die("read the kernel log: more was logged than it holds");
		if (got <= 0)
			break;
		record[got] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		end = strchr(text, '\n');
		if (end)
			*end = '\0';
		prefix = strstr(text, PREFIX);
		if (prefix)
			text = prefix;
		else if (filter == KMSG_CRAMFS)
			continue;
		json_text(lines++ ? "," : before);
		json_string(text, unescape(text));
	}
	return lines;
}

unsigned int kmsg_json(enum kmsg_filter filter)
{
	unsigned int lines = write_lines(filter, "[");

	json_text(lines ? "]" : "[]");
	return lines;
}

void kmsg_json_if_any(const char *label)
{
	if (write_lines(KMSG_CRAMFS, label))
		json_text("]");
}
