// SPDX-License-Identifier: MIT
#include "journal.h"

#include "base/grow.h"
#include "complaint.h"
#include "json.h"
#include "json_read.h"
#include "load.h"
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define VERSION 1
#define BYTES_MAX (64u * 1024 * 1024)
#define DIGEST_LENGTH 16

// Each line begins with a digest of it and of all lines before.
static uint64_t follow(uint64_t digest, const char *text, size_t length) {
    return XXH3_64bits_withSeed(text, length, digest);
}

static char *make_head(const struct pp_certificate *settings) {
    char *text = NULL;
    size_t size = 0;
    struct pp_json json = {.out = open_memstream(&text, &size)};

    pp_expect(json.out != NULL, "no memory for a line of text");
    pp_json_open(&json, NULL, '{');
    pp_json_number(&json, "journal", VERSION);
    pp_certificate_put_settings(settings, &json);
    pp_json_close(&json, '}');
    fclose(json.out);
    return text;
}

// The line that says so, to be freed. Its digest is of this and of all lines before.
static char *make_line(const char *text, uint64_t digest) {
    char *line = NULL;
    int length = asprintf(&line, "%016" PRIx64 " %s\n", digest, text);

    pp_expect(length > 0, "no memory for a line of text");
    return line;
}

static bool complain_about_line(const struct pp_journal *journal, uint32_t number, const char *what) {
    char place[PATH_MAX];

    snprintf(place, sizeof place, "%s:%" PRIu32, journal->path, number);
    pp_complain(place, "%s", what);
    return false;
}

// The first setting that is not the same.
static bool complain_about_head(const struct pp_journal *journal, const char *theirs, const char *ours) {
    struct pp_json_values is, wanted;
    struct pp_error error;

    if (!pp_json_read(theirs, strlen(theirs), &is, &error)) {
        return complain_about_line(journal, 1, "is not the first line of a journal");
    }
    bool is_good = pp_json_read(ours, strlen(ours), &wanted, &error);
    pp_expect(is_good, "a journal begins with no JSON: %s", error.message);
    for (uint32_t i = 1; i < wanted.count; i++) {
        const struct pp_json_value *its = pp_json_find(&is, "%s", wanted.values[i].way);
        if (!its || strcmp(its->text, wanted.values[i].text) != 0) {
            pp_complain(journal->path, "is of another command: \"%s\" is %s there, and %s now",
                        wanted.values[i].way, its ? its->text : "nothing", wanted.values[i].text);
            break;
        }
    }
    pp_json_free(&wanted);
    pp_json_free(&is);
    return false;
}

static bool has_path(const struct pp_paths *paths, const char *path) {
    for (uint32_t i = 0; i < paths->count; i++) {
        if (strcmp(paths->paths[i], path) == 0) {
            return true;
        }
    }
    return false;
}

// Is it about a program of the command, which is still the same?
static bool is_valid(const struct pp_journal *journal, const struct pp_json_values *members,
                     const struct pp_paths *programs, uint32_t number) {
    const struct pp_json_value *file = pp_json_find(members, "file");
    const struct pp_json_value *digest = pp_json_find(members, "file_digest");
    char now[PP_LOAD_DIGEST_LENGTH + 1];

    if (!file || !digest || !pp_json_find(members, "verdict")) {
        return complain_about_line(journal, number, "is no statement on a program");
    }
    if (!has_path(programs, file->text)) {
        pp_complain(journal->path, "is of another command: %s is not among the programs", file->text);
        return false;
    }
    if (!pp_load_digest(file->text, now)) {
        return false;
    }
    if (strcmp(now, digest->text) != 0) {
        pp_complain(file->text, "has changed since %s was begun", journal->path);
        return false;
    }
    return true;
}

static bool read_entry(struct pp_journal *journal, const char *statement,
                       const struct pp_paths *programs, uint32_t number) {
    struct pp_json_values members;
    struct pp_error error;

    if (!pp_json_read(statement, strlen(statement), &members, &error)) {
        return complain_about_line(journal, number, error.message);
    }
    bool is_good = is_valid(journal, &members, programs, number);
    if (is_good) {
        journal->entries =
            pp_grow(journal->entries, &journal->capacity, journal->count, sizeof(*journal->entries));
        struct pp_journal_entry *entry = &journal->entries[journal->count++];
        entry->statement = strdup(statement);
        entry->file = strdup(pp_json_find(&members, "file")->text);
        entry->has_found = strcmp(pp_json_find(&members, "verdict")->text, "ok") != 0;
        pp_expect(entry->statement && entry->file, "no memory for a statement");
    }
    pp_json_free(&members);
    return is_good;
}

static bool read_line(struct pp_journal *journal, char *line, uint32_t number, const char *head,
                      const struct pp_paths *programs) {
    const char *text = line + DIGEST_LENGTH + 1;
    size_t length = strlen(line);
    char *end = NULL;

    uint64_t digest = strtoull(line, &end, 16);
    if (length <= DIGEST_LENGTH || end != line + DIGEST_LENGTH || *end != ' ') {
        return complain_about_line(journal, number, "is no line of a journal");
    }
    journal->digest = follow(journal->digest, text, strlen(text));
    if (digest != journal->digest) {
        return complain_about_line(journal, number, "is not as it was written");
    }
    if (number > 1) {
        return read_entry(journal, text, programs, number);
    }
    return strcmp(text, head) == 0 || complain_about_head(journal, text, head);
}

// A last line that was cut short is as if it were not there: *ret_size is that of the others.
static bool read_lines(struct pp_journal *journal, char *text, size_t size, const char *head,
                       const struct pp_paths *programs, size_t *ret_size) {
    uint32_t number = 0;
    char *end;

    for (char *line = text; (end = memchr(line, '\n', size - (size_t)(line - text))); line = end + 1) {
        *end = '\0';
        if (!read_line(journal, line, ++number, head, programs)) {
            return false;
        }
        *ret_size = (size_t)(end + 1 - text);
    }
    return number > 0 || complain_about_line(journal, 1, "is not the first line of a journal");
}

// Two commands would write between each other's lines. The lock ends with the open file.
static bool open_file(struct pp_journal *journal) {
    journal->out = open(journal->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (journal->out >= 0 && flock(journal->out, LOCK_EX | LOCK_NB) == 0) {
        return true;
    }
    pp_complain(journal->path, "%s",
                errno == EWOULDBLOCK ? "another command is writing to it" : strerror(errno));
    return false;
}

// In one call, so that only the last line can be cut short.
static bool put_line(struct pp_journal *journal, const char *text) {
    journal->digest = follow(journal->digest, text, strlen(text));
    char *line = make_line(text, journal->digest);
    size_t size = strlen(line);
    ssize_t put;

    do {
        put = write(journal->out, line, size);
    } while (put < 0 && errno == EINTR);
    bool is_good = put == (ssize_t)size;
    if (!is_good) {
        pp_complain(journal->path, "%s", put < 0 ? strerror(errno) : strerror(ENOSPC));
    }
    free(line);
    return is_good;
}

static bool go_on_with_file(struct pp_journal *journal, const char *head,
                            const struct pp_paths *programs) {
    static char text[BYTES_MAX];
    size_t size = 0, whole_size = 0;

    if (!pp_whole_read(journal->path, text, sizeof text, &size) ||
        !read_lines(journal, text, size, head, programs, &whole_size)) {
        return false;
    }
    if (ftruncate(journal->out, (off_t)whole_size) != 0) {
        pp_complain(journal->path, "%s", strerror(errno));
        return false;
    }
    return true;
}

// One without a byte is new: who made it has come no further.
static bool begin(struct pp_journal *journal, const char *head, const struct pp_paths *programs) {
    struct stat info;

    if (access(journal->path, F_OK) != 0 && !pp_whole_can_write(journal->path)) {
        return false;
    }
    if (!open_file(journal)) {
        return false;
    }
    bool is_new = fstat(journal->out, &info) == 0 && info.st_size == 0;
    return is_new ? put_line(journal, head) : go_on_with_file(journal, head, programs);
}

bool pp_journal_begin(struct pp_journal *journal, const char *path,
                      const struct pp_certificate *settings, const struct pp_paths *programs) {
    *journal = (struct pp_journal){.path = path, .out = -1};
    char *head = make_head(settings);
    bool is_good = begin(journal, head, programs);

    free(head);
    if (!is_good) {
        pp_journal_end(journal);
    }
    return is_good;
}

const struct pp_journal_entry *pp_journal_find(const struct pp_journal *journal, const char *file) {
    for (uint32_t i = 0; i < journal->count; i++) {
        if (strcmp(journal->entries[i].file, file) == 0) {
            return &journal->entries[i];
        }
    }
    return NULL;
}

bool pp_journal_add(struct pp_journal *journal, const char *statement) {
    return put_line(journal, statement);
}

void pp_journal_end(struct pp_journal *journal) {
    for (uint32_t i = 0; i < journal->count; i++) {
        free(journal->entries[i].statement);
        free(journal->entries[i].file);
    }
    free(journal->entries);
    if (journal->out >= 0) {
        close(journal->out);
    }
}
