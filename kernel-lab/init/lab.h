/* SPDX-License-Identifier: MIT */
/*
 * The init program of the kernel lab: mounts the images, does what the plan asks, and tells what came of it, one JSON
 * object a line, on the second serial line.
 *
 * Nothing here may change the process's memory areas while a plan is carried out, or the addresses that cramfs logs would
 * differ from vector to vector. Hence static buffers; the one big buffer is mapped before the first request.
 */
#ifndef LAB_H
#define LAB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE_BYTES 4096

/*
 * Bytes of the buffer, as large as that of the program that made the recorded transcripts: cramfs then logs the same
 * addresses.
 */
#define SCRATCH_BYTES 0x101000

extern char *scratch;

/* Ends the run: tells why on the console and on the serial line, and powers off. */
_Noreturn void die(const char *what);

/* json.c: the line to the host. Strings are bytes; those above 0x7f go out as they are. */
void json_open(const char *device);
void json_text(const char *text);
void json_number(unsigned long long value);
void json_string(const char *bytes, size_t length);
/* A piece of a string that is longer than any buffer. */
void json_bytes(const char *bytes, size_t length);
void json_string_or_null(const char *text);
void json_end_line(void);
/* Forgets what was written since the end of a line: a child has written it. */
void json_forget(void);
void json_close(void);

/* kmsg.c: the kernel log. */
enum kmsg_filter { KMSG_ALL, KMSG_CRAMFS };
void kmsg_open(void);
/* Passes over all that was logged so far. */
void kmsg_skip(void);
/* Writes what was logged since as a JSON array, and passes over it. Returns how many lines that were. */
unsigned int kmsg_json(enum kmsg_filter filter);
/* The same, preceded by `label`, and nothing where nothing was logged. */
void kmsg_json_if_any(const char *label);

/* A file that can be read when there is news in the log, for poll(). */
int kmsg_watch(void);
/* Whether the kernel oopsed since kmsg_skip(). */
int kmsg_has_oops(void);

/* checksum.c */
uint32_t crc32(const unsigned char *bytes, size_t length);

/* The image that requests are about. */
struct region {
	const char *root; /* where it is mounted */
	int fd; /* that directory, opened */
};

/* Opens a file of the image as a process with the image as its root would. -1 with errno set. */
int open_in(const struct region *region, const char *path, int flags);
void drop_page_cache(void);
/* Writes `label` and the name of an errno, or null for 0. */
void json_errno(const char *label, int number);

/* child.c: waits until a child ends. Returns 0 where it never does, because the kernel oopsed in one of its calls. */
int wait_for_child(pid_t child, int *status);
/* Does work in a child, which ends the line; where its call never returns, the line says so. */
void run_in_child(void (*work)(const void *), const void *argument);

/*
 * vector.c, read.c, exec.c: requests. Each writes the fields of the record that come after the request's own;
 * a vector ends the line too, since its child does.
 */
struct vector {
	const struct region *region;
	size_t length;
	long long offset;
	const char *prot, *flags, *path;
};
void run_vector(const struct vector *vector);
void run_read(const struct region *region, const char *path);
void run_exec(const struct region *region, char *argv[]);

/* A program that is not done by then is killed. */
#define PROGRAM_SECONDS 20
/* exec.c: becomes a program of the image, with `output` as its standard output and error. */
_Noreturn void become(const struct region *region, char *argv[], int output);
/* Writes how a program ended, from what wait() says. */
void json_status(int status);
long long milliseconds(void);
/* capture.c: runs a program and records its "trace" or its "smaps". */
void run_capture(const struct region *region, const char *what, char *argv[]);

/* setup.c: modules and the mount. */
void load_module(const char *file, const char *parameters);
/*
 * Mounts MTD device number `index`; writes the setup's fields. Returns whether it could be mounted. `how`: "mtd"; "block" for a
 * copy of it on a RAM disk; "overlay" for an overlayfs with an empty tmpfs above the mounted image.
 */
int mount_region(unsigned int index, const char *how, struct region *region);

#endif
