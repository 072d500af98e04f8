// SPDX-License-Identifier: MIT
#include "lab.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int fd = -1;
static char buffer[1 << 16];
static size_t used;

void json_open(const char *device)
{
	struct termios raw;

	fd = open(device, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || tcgetattr(fd, &raw) < 0)
		die("open the serial line");
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		die("set up the serial line");
}

static void flush(void)
{
	for (size_t at = 0; at < used;) {
		ssize_t written = write(fd, buffer + at, used - at);

		if (written < 0)
			break; /* nobody is left to be told */
		at += written;
	}
	used = 0;
}

static void put(char byte)
{
	if (used == sizeof(buffer))
		flush();
	buffer[used++] = byte;
}

void json_text(const char *text)
{
	while (*text)
		put(*text++);
}

void json_number(unsigned long long value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", value);
	json_text(digits);
}

/* The inside of a string. */
void json_bytes(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = bytes[i];

		if (byte == '"' || byte == '\\') {
			put('\\');
			put(byte);
		} else if (byte < 0x20) {
			char escape[8];

			snprintf(escape, sizeof(escape), "\\u%04x", byte);
			json_text(escape);
		} else {
			put(byte);
		}
	}
}

void json_string(const char *bytes, size_t length)
{
	put('"');
	json_bytes(bytes, length);
	put('"');
}

void json_string_or_null(const char *text)
{
	if (text)
		json_string(text, strlen(text));
	else
		json_text("null");
}

void json_end_line(void)
{
	put('\n');
	flush();
}

void json_forget(void)
{
	used = 0;
}

void json_close(void)
{
	if (fd >= 0)
		tcdrain(fd);
}
