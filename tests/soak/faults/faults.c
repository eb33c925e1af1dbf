/* Makes system calls on the files of one folder fail. Load it with LD_PRELOAD; nothing fails before faults_arm(). */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum way { FAIL = 0, SHORT = 1, KILL = 2 };

static char folder[4096], calls[512], journal[4096];
static long first, repeat, count;
static double chance;
static unsigned seed;
static int error;
static enum way way;
static volatile int armed;

/* Arm the shim. `names` are the calls that count, as ",open,read,"; the call number `number` and `times` - 1 after it
   fail, or each with the probability `probability`. The file `log` gets a line for every call that counts. */
void faults_arm(const char *below, const char *names, long number, long times, double probability, unsigned start,
                int code, int how, const char *log) {
    snprintf(folder, sizeof folder, "%s", below);
    snprintf(calls, sizeof calls, "%s", names);
    snprintf(journal, sizeof journal, "%s", log);
    first = number, repeat = times, chance = probability, seed = start, error = code, way = how, count = 0;
    armed = 1;
}

static void record(const char *call, const char *path, int fails) {
    char line[4500];
    int length = snprintf(line, sizeof line, "%s %s%s\n", call, path, fails ? " FAULT" : "");
    int descriptor = syscall(SYS_openat, AT_FDCWD, journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor >= 0) {
        if (syscall(SYS_write, descriptor, line, length) < 0) abort();
        syscall(SYS_close, descriptor);
    }
}

/* Count the call; return 1 when it fails. */
static int fails(const char *call, const char *path) {
    char name[32];
    snprintf(name, sizeof name, ",%s,", call);
    if (!armed || !strstr(calls, name) || !path || (!strstr(path, folder) && strcmp(call, "thread"))) return 0;
    long number = __sync_add_and_fetch(&count, 1);
    int hit = chance > 0 ? (double)rand_r(&seed) / RAND_MAX < chance : number >= first && number < first + repeat;
    if (journal[0]) record(call, path, hit);
    if (hit && way == KILL) {
        syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
        pause();
    }
    return hit;
}

/* Do the same for a call on a descriptor. */
static int fails_at(const char *call, int descriptor) {
    if (!armed) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(call, path);
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define UNLESS(hit, real_call) \
    if (hit) return errno = error, -1; \
    return real_call
#define MODE_OF(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, int); va_end(more); }

int open(const char *path, int flags, ...) {
    MODE_OF(flags) REAL(int, open, const char *, int, ...); UNLESS(fails("open", path), real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    MODE_OF(flags) REAL(int, open64, const char *, int, ...); UNLESS(fails("open", path), real(path, flags, mode));
}
int openat(int at, const char *path, int flags, ...) {
    MODE_OF(flags) REAL(int, openat, int, const char *, int, ...);
    UNLESS(fails("open", path), real(at, path, flags, mode));
}
int openat64(int at, const char *path, int flags, ...) {
    MODE_OF(flags) REAL(int, openat64, int, const char *, int, ...);
    UNLESS(fails("open", path), real(at, path, flags, mode));
}
ssize_t write(int descriptor, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    int hit = fails_at("write", descriptor);
    if (hit && way == SHORT) return real(descriptor, data, (size + 1) / 2);
    UNLESS(hit, real(descriptor, data, size));
}
ssize_t read(int descriptor, void *data, size_t size) {
    REAL(ssize_t, read, int, void *, size_t);
    int hit = fails_at("read", descriptor);
    if (hit && way == SHORT) return real(descriptor, data, size > 7 ? 7 : size);
    UNLESS(hit, real(descriptor, data, size));
}
int close(int descriptor) { /* A close that fails has closed all the same, as on Linux. */
    REAL(int, close, int);
    int hit = fails_at("close", descriptor), closed = real(descriptor);
    UNLESS(hit, closed);
}
int fsync(int descriptor) { REAL(int, fsync, int); UNLESS(fails_at("fsync", descriptor), real(descriptor)); }
int flock(int descriptor, int operation) {
    REAL(int, flock, int, int); UNLESS(fails_at("flock", descriptor), real(descriptor, operation));
}
int fchmod(int descriptor, mode_t mode) {
    REAL(int, fchmod, int, mode_t); UNLESS(fails_at("fchmod", descriptor), real(descriptor, mode));
}
int rename(const char *from, const char *to) {
    REAL(int, rename, const char *, const char *); UNLESS(fails("rename", to), real(from, to));
}
int renameat(int below, const char *from, int at, const char *to) {
    REAL(int, renameat, int, const char *, int, const char *); UNLESS(fails("rename", to), real(below, from, at, to));
}
int unlink(const char *path) { REAL(int, unlink, const char *); UNLESS(fails("unlink", path), real(path)); }
int access(const char *path, int mode) {
    REAL(int, access, const char *, int); UNLESS(fails("access", path), real(path, mode));
}
int stat(const char *path, struct stat *found) {
    REAL(int, stat, const char *, struct stat *); UNLESS(fails("stat", path), real(path, found));
}
int stat64(const char *path, struct stat64 *found) {
    REAL(int, stat64, const char *, struct stat64 *); UNLESS(fails("stat", path), real(path, found));
}
int lstat(const char *path, struct stat *found) {
    REAL(int, lstat, const char *, struct stat *); UNLESS(fails("stat", path), real(path, found));
}
int lstat64(const char *path, struct stat64 *found) {
    REAL(int, lstat64, const char *, struct stat64 *); UNLESS(fails("stat", path), real(path, found));
}
int fstat(int descriptor, struct stat *found) {
    REAL(int, fstat, int, struct stat *); UNLESS(fails_at("fstat", descriptor), real(descriptor, found));
}
int fstat64(int descriptor, struct stat64 *found) {
    REAL(int, fstat64, int, struct stat64 *); UNLESS(fails_at("fstat", descriptor), real(descriptor, found));
}
int utimensat(int at, const char *path, const struct timespec times[2], int flags) {
    REAL(int, utimensat, int, const char *, const struct timespec *, int);
    UNLESS(path ? fails("utime", path) : fails_at("utime", at), real(at, path, times, flags));
}
int futimens(int descriptor, const struct timespec times[2]) {
    REAL(int, futimens, int, const struct timespec *); UNLESS(fails_at("utime", descriptor), real(descriptor, times));
}
DIR *fdopendir(int descriptor) {
    REAL(DIR *, fdopendir, int);
    return fails_at("opendir", descriptor) ? errno = error, (DIR *)NULL : real(descriptor);
}
DIR *opendir(const char *path) {
    REAL(DIR *, opendir, const char *);
    return fails("opendir", path) ? errno = error, (DIR *)NULL : real(path);
}
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
    REAL(int, pthread_create, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    return fails("thread", "") ? EAGAIN : real(thread, attributes, run, argument);
}
