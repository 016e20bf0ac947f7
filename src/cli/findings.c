// SPDX-License-Identifier: MIT
#include "findings.h"

#include "complaint.h"
#include "whole.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SLUG_LENGTH_MAX 96
#define TEXT_MAX (256 * 1024)

static char text[TEXT_MAX];

static bool join(char *path, const char *folder, const char *name) {
    if ((size_t)snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX) {
        return true;
    }
    pp_complain(folder, "%s", strerror(ENAMETOOLONG));
    return false;
}

static void make_slug(const char *title, char slug[SLUG_LENGTH_MAX + 1]) {
    static const char prefix[] = "poolproof: ";
    size_t length = 0;

    if (strncmp(title, prefix, strlen(prefix)) == 0) {
        title += strlen(prefix);
    }
    for (; *title && length < SLUG_LENGTH_MAX; title++) {
        unsigned char c = (unsigned char)*title;
        if (c < 0x80 && isalnum(c)) {
            slug[length++] = (char)tolower(c);
        } else if (length > 0 && slug[length - 1] != '-') {
            slug[length++] = '-';
        }
    }
    while (length > 0 && slug[length - 1] == '-') {
        length--;
    }
    slug[length] = '\0';
}

// The length as text counts ops, attributes and all arguments that are not the default, which is
// what a reader has to go through.
static uint32_t text_size(const struct pp_program *program) {
    return (uint32_t)pp_program_print(program, PP_OP_NONE, NULL, 0);
}

enum held { HELD_NOTHING, HELD_SAME, HELD_OTHER };

// What a folder holds from a former session. Its program counts if its first line is the title.
static enum held look_into(const char *folder, struct pp_found *found) {
    static struct pp_program program;
    struct pp_error error;
    char path[PATH_MAX];
    ssize_t size = 0;

    if (!join(path, folder, "program.prog")) {
        return HELD_NOTHING;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return HELD_NOTHING;
    }
    size = read(fd, text, sizeof text - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    size_t title_length = strlen(found->title);
    if (size <= 0 || text[0] != '#' || text[1] != ' ') {
        return HELD_NOTHING;
    }
    if (strncmp(text + 2, found->title, title_length) != 0 || text[2 + title_length] != '\n') {
        return HELD_OTHER;
    }
    if (pp_program_parse(text, (size_t)size, &program, &error)) {
        found->op_count = program.op_count;
        found->size = text_size(&program);
    }
    return HELD_SAME;
}

static void choose_folder(const struct pp_findings *findings, struct pp_found *found) {
    char slug[SLUG_LENGTH_MAX + 1];

    make_slug(found->title, slug);
    snprintf(found->folder, sizeof found->folder, "%s/%s", findings->folder, slug);
    if (look_into(found->folder, found) == HELD_OTHER) {
        // Titles that differ only in what a slug leaves out.
        snprintf(found->folder, sizeof found->folder, "%s/%s-%08" PRIx32, findings->folder, slug,
                 (uint32_t)XXH32(found->title, strlen(found->title), 0));
        look_into(found->folder, found);
    }
}

static struct pp_found *find(struct pp_findings *findings, const char *title) {
    for (uint32_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->found[i].title, title) == 0) {
            return &findings->found[i];
        }
    }
    return NULL;
}

bool pp_findings_begin(struct pp_findings *findings, const char *folder) {
    findings->folder = folder;
    findings->is_folder_new = access(folder, F_OK) != 0;
    return pp_whole_folder(folder);
}

void pp_findings_end(const struct pp_findings *findings) {
    if (findings->is_folder_new) {
        rmdir(findings->folder);  // succeeds if it is empty
    }
}

struct pp_found *pp_findings_add(struct pp_findings *findings, const char *title) {
    struct pp_found *found = find(findings, title);

    if (!found && findings->count == PP_FINDINGS_MAX) {
        findings->lost_count++;
        return NULL;
    }
    if (!found) {
        found = &findings->found[findings->count++];
        *found = (struct pp_found){.op_count = UINT32_MAX, .size = UINT32_MAX};
        snprintf(found->title, sizeof found->title, "%s", title);
        choose_folder(findings, found);
    }
    found->count++;
    return found;
}

bool pp_findings_is_smaller(const struct pp_found *found, const struct pp_program *program) {
    return program->op_count < found->op_count ||
           (program->op_count == found->op_count && text_size(program) < found->size);
}

static bool keep_program(const struct pp_found *found, const struct pp_program *program) {
    char path[PATH_MAX];
    int length = snprintf(text, sizeof text, "# %s\n", found->title);

    // The reader looks for this comment as one line of what the text form allows.
    for (int i = 0; i < length - 1; i++) {
        text[i] = (unsigned char)text[i] < ' ' ? '?' : text[i];
    }
    size_t size = (size_t)length +
                  pp_program_print(program, PP_OP_NONE, text + length, sizeof text - (size_t)length);
    return join(path, found->folder, "program.prog") && pp_whole_write(path, text, size);
}

static bool keep_input(const struct pp_found *found, const struct pp_program *program,
                       struct pp_input input) {
    static uint8_t bytes[PP_PROGRAM_BYTES_MAX];
    char path[PATH_MAX];

    if (!input.bytes) {
        input = (struct pp_input){bytes, pp_program_encode(program, bytes, sizeof bytes)};
    }
    return join(path, found->folder, "input") && pp_whole_write(path, input.bytes, input.size);
}

bool pp_findings_keep(struct pp_findings *findings, struct pp_found *found,
                      const struct pp_program *program, struct pp_input input, const char *report) {
    char path[PATH_MAX];

    // Another process may have kept a smaller one since.
    if (look_into(found->folder, found) == HELD_SAME && !pp_findings_is_smaller(found, program)) {
        return true;
    }
    // The program comes last: while it is the old one, it is also the old size that is to be
    // beaten.
    bool is_kept = pp_whole_folder(found->folder) && join(path, found->folder, "report.txt") &&
                   pp_whole_write(path, report, strlen(report)) && keep_input(found, program, input) &&
                   keep_program(found, program);
    // Also if it failed: a full disk is to be heard of once for each title, not at every run.
    found->op_count = program->op_count;
    found->size = text_size(program);
    found->is_lost = !is_kept;
    findings->lost_count += !is_kept;
    return is_kept;
}
