// SPDX-License-Identifier: MIT
/* read(2) of a whole file, page by page, until its end or the first error. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fills `page` from the file as far as it goes, and with zeros behind. Returns how many bytes were read. */
static size_t read_page(int fd, unsigned char *page)
{
	size_t done = 0;

	while (done < PAGE_BYTES) {
		ssize_t got = read(fd, page + done, PAGE_BYTES - done);

		if (got <= 0)
			break;
		done += got;
	}
	memset(page + done, 0, PAGE_BYTES - done);
	return done;
}

void run_read(const struct region *region, const char *path)
{
	unsigned char *page = (unsigned char *)scratch;
	struct stat status = { .st_size = 0 };
	unsigned long long total = 0;
	size_t got;
	int fd;

	drop_page_cache();
	kmsg_skip();
	fd = open_in(region, path, O_RDONLY);
	json_errno("\"errno\":", fd < 0 ? errno : 0);
	if (fd >= 0 && fstat(fd, &status) < 0)
		die("fstat");
	json_text(",\"size\":");
	json_number(status.st_size);
	json_text(",\"crc\":[");
	do {
		char text[16];

		got = fd < 0 ? 0 : read_page(fd, page);
		if (!got)
			break;
		snprintf(text, sizeof(text), "%s\"%08x\"", total ? "," : "", crc32(page, PAGE_BYTES));
		json_text(text);
		total += got;
	} while (got == PAGE_BYTES);
	json_text("],\"bytes\":");
	json_number(total);
	kmsg_json_if_any(",\"kmsg\":[");
	if (fd >= 0)
		close(fd);
}
