// SPDX-License-Identifier: MIT
#include "whole.h"

#include "complaint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, const char *path, char *bytes, size_t capacity, size_t *ret_size) {
    size_t size = 0;

    // One byte more than fits shows that there is more: pipes have no size to ask for.
    for (;;) {
        char beyond;
        ssize_t got = size < capacity ? read(fd, bytes + size, capacity - size) : read(fd, &beyond, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            pp_complain(path, "%s", strerror(errno));
            return false;
        }
        if (got == 0) {
            break;
        }
        if (size == capacity) {
            pp_complain(path, "longer than %zu bytes, too long to be right", capacity);
            return false;
        }
        size += (size_t)got;
    }
    if (size == 0) {
        pp_complain(path, "empty file");
        return false;
    }
    *ret_size = size;
    return true;
}

bool pp_whole_read(const char *path, void *bytes, size_t capacity, size_t *ret_size) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &info) != 0) {
        pp_complain(path, "%s", strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    bool is_good = false;
    if (S_ISDIR(info.st_mode)) {
        pp_complain(path, "a directory, where a file is meant");
    } else if (S_ISREG(info.st_mode) && (size_t)info.st_size > capacity) {
        pp_complain(path, "longer than %zu bytes, too long to be right", capacity);
    } else {
        is_good = read_all(fd, path, bytes, capacity, ret_size);
    }
    close(fd);
    return is_good;
}

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t put = write(fd, bytes, size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

// The temporary file has the writer's process id, so that two writers do not share one.
static bool write_temporary(const char *temporary, const void *bytes, size_t size) {
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        return false;
    }
    bool is_good = write_all(fd, bytes, size) && fsync(fd) == 0;
    int reason = errno;
    if (close(fd) != 0 && is_good) {
        is_good = false;
        reason = errno;
    }
    if (!is_good) {
        unlink(temporary);
        errno = reason;
    }
    return is_good;
}

bool pp_whole_write(const char *path, const void *bytes, size_t size) {
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());

    if (length < 0 || (size_t)length >= sizeof temporary) {
        pp_complain(path, "%s", strerror(ENAMETOOLONG));
        return false;
    }
    if (!write_temporary(temporary, bytes, size)) {
        pp_complain(path, "%s", strerror(errno));
        return false;
    }
    if (rename(temporary, path) != 0) {
        pp_complain(path, "%s", strerror(errno));
        unlink(temporary);
        return false;
    }
    return true;
}

static bool make_folders(const char *path) {
    char part[PATH_MAX];
    size_t length = strlen(path);

    if (length == 0 || length >= sizeof part) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return false;
        }
    }
    return true;
}

bool pp_whole_folder(const char *path) {
    char probe[PATH_MAX];
    struct stat info;

    if (!make_folders(path) || stat(path, &info) != 0) {
        pp_complain(path, "%s", strerror(errno));
        return false;
    }
    if (!S_ISDIR(info.st_mode)) {
        pp_complain(path, "%s", strerror(ENOTDIR));
        return false;
    }
    // Permissions, read-only mounts and full disks all show when something is written, and only
    // then.
    int length = snprintf(probe, sizeof probe, "%s/.probe.%ld", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof probe) {
        pp_complain(path, "%s", strerror(ENAMETOOLONG));
        return false;
    }
    if (!write_temporary(probe, "probe\n", 6)) {
        pp_complain(path, "cannot write into it: %s", strerror(errno));
        return false;
    }
    unlink(probe);
    return true;
}

bool pp_whole_can_write(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    struct stat info;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        pp_complain(path, "a directory, where a file is meant");
        return false;
    }
    snprintf(folder, sizeof folder, "%.*s", length > 0 ? length : 1, length > 0 ? path : ".");
    return pp_whole_folder(folder);
}
