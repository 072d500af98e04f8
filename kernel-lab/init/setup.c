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

static long long length_of(int fd)
{
	long long length = lseek(fd, 0, SEEK_END);

	if (length < 0 || lseek(fd, 0, SEEK_SET) < 0)
		die("measure a device");
	return length;
}

/* Copies an MTD device to the RAM disk of the same number, which is as large. */
static void fill_ram_disk(const char *mtd, const char *disk)
{
	int from = open(mtd, O_RDONLY | O_CLOEXEC), to = open(disk, O_WRONLY | O_CLOEXEC);
	ssize_t got;

	if (from < 0 || to < 0)
		die("open a device");
	while ((got = read(from, scratch, SCRATCH_BYTES)) > 0)
		if (write(to, scratch, got) != got)
			die("fill the RAM disk");
	if (got < 0)
		die("read the MTD device");
	close(from);
	close(to);
}

/* brd makes RAM disks of one size for all. */
static void make_ram_disk(unsigned int index, char *disk, size_t size)
{
	static int is_loaded;
	char mtd[24], parameters[64];

	snprintf(mtd, sizeof(mtd), "/dev/mtd%u", index);
	if (!is_loaded) {
		int fd = open(mtd, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die("open the MTD device");
		snprintf(parameters, sizeof(parameters), "rd_nr=%u rd_size=%lld", index + 1, length_of(fd) / 1024);
		close(fd);
		load_module("/brd.ko", parameters);
		is_loaded = 1;
	}
	snprintf(disk, size, "/dev/ram%u", index);
	fill_ram_disk(mtd, disk);
}

/* Mounts an overlayfs with nothing above what is mounted at `root`, and makes that the root. */
static void mount_overlay(unsigned int index, char *root, size_t size)
{
	static int is_loaded;
	char above[32], upper[48], work[48], merged[32], options[256];

	if (!is_loaded) {
		load_module("/overlay.ko", "");
		is_loaded = 1;
	}
	snprintf(above, sizeof(above), "/above%u", index);
	snprintf(upper, sizeof(upper), "%s/upper", above);
	snprintf(work, sizeof(work), "%s/work", above);
	snprintf(merged, sizeof(merged), "/merged%u", index);
	if (mkdir(above, 0755) < 0 || mkdir(merged, 0755) < 0 || mount("tmpfs", above, "tmpfs", 0, NULL) < 0 ||
	    mkdir(upper, 0755) < 0 || mkdir(work, 0755) < 0)
		die("make an empty layer");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", root, upper, work);
	if (mount("overlay", merged, "overlay", 0, options) < 0)
		die("mount an overlay");
	snprintf(root, size, "%s", merged);
}

int mount_region(unsigned int index, const char *how, struct region *region)
{
	static char root[32];
	char mtd[16], device[24];
	struct utsname kernel;
	int failed;

	snprintf(mtd, sizeof(mtd), "mtd%u", index);
	snprintf(device, sizeof(device), "%s", mtd);
	snprintf(root, sizeof(root), "/mnt%u", index);
	if (mkdir(root, 0755) < 0 || uname(&kernel) < 0)
		die("make a mount point");
	if (!strcmp(how, "block"))
		make_ram_disk(index, device, sizeof(device));
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
	json_mtd_line(mtd);
	json_errno(",\"mount\":", failed);
	json_text(",\"kmsg\":");
	kmsg_json(KMSG_ALL);
	if (failed)
		return 0;
	if (!strcmp(how, "overlay"))
		mount_overlay(index, root, sizeof(root));

	region->root = root;
	region->fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (region->fd < 0)
		die("open the root directory of the image");
	mount_proc(region);
	return 1;
}
