// SPDX-License-Identifier: MIT
#include "walk.h"

#include "base/grow.h"
#include "complaint.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
    pp_walk_visitor visit;
    void *context;
    uint32_t visit_count;
    uint32_t bad_count;
};

static void visit(struct walk *walk, const char *path) {
    walk->visit_count++;
    walk->visit(walk->context, path);
}

static bool is_skipped(const char *name) {
    const char *dot = strrchr(name, '.');
    return name[0] == '.' || (dot && strcmp(dot, ".prog") != 0);
}

static void complain_about_entry(struct walk *walk, const char *path) {
    pp_complain(path, "%s", strerror(errno));
    walk->bad_count++;
}

// In order of names. A link to a directory is not followed, so that no circle can be walked.
static void visit_entries(struct walk *walk, const char *folder) {
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);

    if (count < 0) {
        complain_about_entry(walk, folder);
    }
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        struct stat info;
        bool is_hidden = entries[i]->d_name[0] == '.';
        bool is_too_long = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) >= PATH_MAX;

        if (is_hidden) {
            // Left out, as are the directory itself and its parent.
        } else if (is_too_long || lstat(path, &info) != 0) {
            complain_about_entry(walk, path);
        } else if (S_ISDIR(info.st_mode)) {
            visit_entries(walk, path);
        } else if (!is_skipped(entries[i]->d_name)) {
            visit(walk, path);
        }
        free(entries[i]);
    }
    free(entries);
}

static void visit_folder(struct walk *walk, const char *path) {
    uint32_t count_before = walk->visit_count;

    visit_entries(walk, path);
    if (walk->visit_count == count_before) {
        pp_complain(path, "no programs in this directory");
        walk->bad_count++;
    }
}

uint32_t pp_walk_operands(const struct pp_options *options, pp_walk_visitor visitor, void *context) {
    struct walk walk = {.visit = visitor, .context = context};

    for (int i = 0; i < options->operand_count; i++) {
        struct stat info;
        if (stat(options->operands[i], &info) == 0 && S_ISDIR(info.st_mode)) {
            visit_folder(&walk, options->operands[i]);
        } else {
            visit(&walk, options->operands[i]);
        }
    }
    return walk.bad_count;
}

static void add_path(void *context, const char *path) {
    struct pp_paths *paths = context;

    paths->paths = pp_grow(paths->paths, &paths->capacity, paths->count, sizeof(*paths->paths));
    paths->paths[paths->count] = strdup(path);
    pp_expect(paths->paths[paths->count] != NULL, "no memory for a path");
    paths->count++;
}

uint32_t pp_walk_collect(const struct pp_options *options, struct pp_paths *paths) {
    return pp_walk_operands(options, add_path, paths);
}

void pp_paths_free(struct pp_paths *paths) {
    for (uint32_t i = 0; i < paths->count; i++) {
        free(paths->paths[i]);
    }
    free(paths->paths);
    *paths = (struct pp_paths){0};
}

int pp_walk_end(const struct pp_options *options, const struct pp_walked *walked) {
    if (!options->is_json && walked->program_count > 1) {
        printf("%" PRIu32 " programs, %" PRIu32 " with a finding, %" PRIu32 " bad inputs\n",
               walked->program_count, walked->finding_count, walked->bad_count);
    }
    return walked->bad_count ? PP_EXIT_BAD : walked->finding_count ? PP_EXIT_FINDING : PP_EXIT_CLEAN;
}
