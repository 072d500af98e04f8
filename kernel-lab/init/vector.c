// SPDX-License-Identifier: MIT
/* mmap(2), a look at what came of it, and a touch of each page. */
#include "lab.h"
#include "../module/lab_pte.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What /proc/self/smaps says of an area. */
struct area {
	unsigned long start, end;
	unsigned long long offset;
	char flags[256];
};

static int has(const char *flags, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = flags; (at = strstr(at, name)); at += length) {
		if ((at == flags || at[-1] == ',' || at[-1] == ' ') && (!at[length] || at[length] == ',' || at[length] == ' '))
			return 1;
	}
	return 0;
}

static struct area area_at(unsigned long address)
{
	struct area area;
	char line[8192];
	int is_found = 0;
	FILE *smaps = fopen("/proc/self/smaps", "re");

	if (!smaps)
		die("open /proc/self/smaps");
	while (fgets(line, sizeof(line), smaps)) {
		static const char key[] = "VmFlags: ";

		if (!is_found) {
			is_found = sscanf(line, "%lx-%lx %*4s %llx", &area.start, &area.end, &area.offset) == 3 &&
				   area.start == address;
		} else if (!strncmp(line, key, strlen(key))) {
			size_t length = strcspn(line + strlen(key), "\n");

			while (length && line[strlen(key) + length - 1] == ' ')
				length--;
			snprintf(area.flags, sizeof(area.flags), "%.*s", (int)length, line + strlen(key));
			fclose(smaps);
			return area;
		}
	}
	die("find the mapping in /proc/self/smaps");
}

/* Writes the pages that a driver put into the page table, as runs of consecutive frames. */
static void json_ptes(unsigned long start, unsigned long pages)
{
	static struct lab_pte entries[512];
	static int fd = -1;
	unsigned long direct = 0, run = 0;
	unsigned long long first_pfn = 0;
	char text[80];

	if (fd < 0)
		fd = open("/proc/cramfs_lab_pte", O_RDONLY | O_CLOEXEC);
	json_text(",\"pte\":[");
	for (unsigned long page = 0; page <= pages; page++) {
		struct lab_pte entry = { 0 };

		if (page < pages) {
			unsigned long in_chunk = page % 512;

			if (!in_chunk) {
				unsigned long count = pages - page < 512 ? pages - page : 512;
				off_t position = (off_t)(start / PAGE_BYTES + page) * sizeof(struct lab_pte);

				if (pread(fd, entries, count * sizeof(struct lab_pte), position) !=
				    (ssize_t)(count * sizeof(struct lab_pte)))
					die("read page table entries");
			}
			entry = entries[in_chunk];
		}
		if (run && !(entry.special && entry.pfn == first_pfn + run)) {
			snprintf(text, sizeof(text), "%s[%lu,%lu,\"0x%llx\"]", direct > run ? "," : "", page - run, run, first_pfn);
			json_text(text);
			run = 0;
		}
		if (entry.present && entry.special) {
			if (!run)
				first_pfn = entry.pfn;
			run++;
			direct++;
		}
	}
	json_text("],\"direct_pages\":");
	json_number(direct);
}

static sigjmp_buf on_fault;
static volatile sig_atomic_t fault_signal;

static void handle_fault(int signal)
{
	fault_signal = signal;
	siglongjmp(on_fault, 1);
}

/* Reads a page as the process sees it: 'o' and its checksum, or the letter of the signal. */
static char touch(const unsigned char *page, uint32_t *crc)
{
	if (sigsetjmp(on_fault, 1))
		return fault_signal == SIGBUS ? 'B' : 'S';
	*crc = crc32(page, PAGE_BYTES);
	return 'o';
}

static void json_touch(const unsigned char *start, unsigned long pages)
{
	struct sigaction action = { .sa_handler = handle_fault };
	uint32_t crc = 0;
	char text[16];

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	json_text(",\"pages\":[");
	for (unsigned long page = 0; page < pages; page++) {
		char letter = touch(start + page * PAGE_BYTES, &crc);

		if (letter == 'o')
			snprintf(text, sizeof(text), "\"%08x\"", crc);
		else
			snprintf(text, sizeof(text), "\"%c\"", letter);
		json_text(page ? "," : "");
		json_text(text);
	}
	json_text("]");
	action.sa_handler = SIG_DFL;
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

static void json_mapping(void *address, const char *flags)
{
	struct area area = area_at((unsigned long)address);
	unsigned long pages = (area.end - area.start) / PAGE_BYTES;
	char text[64];

	json_text(",\"state\":");
	json_string_or_null(has(area.flags, "pf") ? "pfnmap" : has(area.flags, "mm") ? "mixedmap" : "none");
	json_text(",\"vmflags\":");
	json_string_or_null(area.flags);
	snprintf(text, sizeof(text), ",\"maps_offset\":\"0x%llx\",\"vma_pages\":%lu", area.offset, pages);
	json_text(text);
	json_ptes(area.start, pages);
	if (!has(flags, "notouch"))
		json_touch(address, pages);
}

static void map_file(const void *argument)
{
	const struct vector *vector = argument;
	const char *prot = vector->prot, *flags = vector->flags;
	size_t length = vector->length;
	int protection = (strchr(prot, 'r') ? PROT_READ : 0) | (strchr(prot, 'w') ? PROT_WRITE : 0) |
			 (strchr(prot, 'x') ? PROT_EXEC : 0);
	int mapping = (has(flags, "shared") ? MAP_SHARED : MAP_PRIVATE) | (has(flags, "populate") ? MAP_POPULATE : 0) |
		      (has(flags, "locked") ? MAP_LOCKED : 0);
	void *address;
	int fd;

	fd = open_in(vector->region, vector->path, has(flags, "rdwr") ? O_RDWR : O_RDONLY);
	if (fd < 0) {
		json_errno("\"errno\":", errno);
		json_text(",\"failed\":\"open\",\"kmsg\":[]");
		return;
	}
	kmsg_skip();
	address = mmap(NULL, length, protection, mapping, fd, vector->offset);
	json_errno("\"errno\":", address == MAP_FAILED ? errno : 0);
	json_text(",\"kmsg\":");
	kmsg_json(KMSG_CRAMFS);
	if (address != MAP_FAILED) {
		json_mapping(address, flags);
		if (munmap(address, length) < 0)
			die("munmap");
	}
	close(fd);
}

/* In a process of its own, whose areas are this one's. */
void run_vector(const struct vector *vector)
{
	drop_page_cache();
	kmsg_skip();
	run_in_child(map_file, vector);
}
