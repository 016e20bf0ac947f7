// SPDX-License-Identifier: MIT
// pack FILE... -o DIR
#include "complaint.h"
#include "load.h"
#include "subject.h"
#include "verb.h"
#include "whole.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

// The name without its folder and without ".prog".
static void plain_name(const char *path, char name[NAME_MAX + 1]) {
    static const char ending[] = ".prog";
    const char *base = pp_load_base_name(path);
    size_t length = strlen(base);

    if (length > strlen(ending) && strcmp(base + length - strlen(ending), ending) == 0) {
        length -= strlen(ending);
    }
    snprintf(name, NAME_MAX + 1, "%.*s", (int)length, base);
}

// Two files of one name would become one, and the first be lost.
static const char *find_namesake(const struct pp_options *options, int index, const char *name) {
    char other[NAME_MAX + 1];

    for (int i = 0; i < index; i++) {
        plain_name(options->operands[i], other);
        if (strcmp(other, name) == 0) {
            return options->operands[i];
        }
    }
    return NULL;
}

static bool pack_file(const struct pp_options *options, enum pp_language language, int index) {
    static struct pp_program program;
    static uint8_t packed[PP_PROGRAM_BYTES_MAX];
    const char *path = options->operands[index];
    char name[NAME_MAX + 1], target[PATH_MAX];
    const uint8_t *bytes = NULL;
    size_t size = 0;

    if (!pp_load(path, language, &program, &bytes, &size)) {
        return false;
    }
    size = pp_program_encode(&program, packed, sizeof packed);
    if (size == 0) {
        pp_complain(path, "has no ops, so there is nothing to pack");
        return false;
    }
    plain_name(path, name);
    if (options->is_by_digest) {
        snprintf(name, sizeof name, "%016" PRIx64, (uint64_t)XXH64(packed, size, 0));
    } else if (find_namesake(options, index, name)) {
        pp_complain(path, "would overwrite \"%s\", packed from %s; --digest names files apart", name,
                    find_namesake(options, index, name));
        return false;
    }
    if ((size_t)snprintf(target, sizeof target, "%s/%s", options->output, name) >= sizeof target) {
        pp_complain(path, "the name of the packed file is too long");
        return false;
    }
    return pp_whole_write(target, packed, size);
}

int pp_verb_pack(const struct pp_options *options) {
    enum pp_language language;
    int status = PP_EXIT_CLEAN;

    if (!pp_subject_language(options, &language)) {
        return PP_EXIT_BAD;
    }
    if (options->operand_count == 0 || !options->output) {
        pp_complain("pack", "%s", options->output ? "which files?" : "where to? Give -o DIR");
        return PP_EXIT_BAD;
    }
    if (!pp_whole_folder(options->output)) {
        return PP_EXIT_BAD;
    }
    for (int i = 0; i < options->operand_count; i++) {
        if (!pack_file(options, language, i)) {
            status = PP_EXIT_BAD;
        }
    }
    return status;
}
