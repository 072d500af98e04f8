// SPDX-License-Identifier: MIT
/* Modules, MTD devices, mounts. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

void load_module(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char what[256];

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0) < 0) {
		snprintf(what, sizeof(what), "load %s", file);
		die(what);
	}
	close(fd);
}

/* The device's line of /proc/mtd. */
static void json_mtd_line(const char *device)
{
	char line[256], key[32];
	FILE *list = fopen("/proc/mtd", "re");

	if (!list)
		die("open /proc/mtd");
	snprintf(key, sizeof(key), "%s:", device);
	while (fgets(line, sizeof(line), list)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		json_string(line, strcspn(line, "\n"));
		fclose(list);
		return;
	}
	die("find the region in /proc/mtd: physmap made no device of it");
}

/* An image need not have a /proc, and what it has in its place may be anything: then its programs have none. */
static void mount_proc(const struct region *region)
{
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd = syscall(SYS_openat2, region->fd, "proc", &how, sizeof(how));
	char path[40];

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mount("proc", path, "proc", 0, NULL) < 0)
		die("mount /proc in the image");
	close(fd);
}

int mount_region(unsigned int index, struct region *region)
{
	static char root[32];
	char device[16];
	struct utsname kernel;
	int failed;

	snprintf(device, sizeof(device), "mtd%u", index);
	snprintf(root, sizeof(root), "/mnt%u", index);
	if (mkdir(root, 0755) < 0 || uname(&kernel) < 0)
		die("make a mount point");
	kmsg_skip();
	failed = mount(device, root, "cramfs", MS_RDONLY, NULL) < 0 ? errno : 0;

	json_text("\"page_size\":");
	json_number(sysconf(_SC_PAGESIZE));
	json_text(",\"release\":");
	json_string_or_null(kernel.release);
	json_text(",\"version\":");
	json_string_or_null(kernel.version);
	json_text(",\"machine\":");
	json_string_or_null(kernel.machine);
	json_text(",\"mtd\":");
	json_mtd_line(device);
	json_errno(",\"mount\":", failed);
	json_text(",\"kmsg\":");
	kmsg_json(KMSG_ALL);
	if (failed)
		return 0;

	region->root = root;
	region->fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (region->fd < 0)
		die("open the root directory of the image");
	mount_proc(region);
	return 1;
}
