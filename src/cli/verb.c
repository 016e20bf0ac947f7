// SPDX-License-Identifier: MIT
// What several verbs need.
#include "verb.h"

#include "complaint.h"

#include <stdio.h>
#include <string.h>

const struct pp_driver *pp_verb_driver(const struct pp_options *options) {
    const struct pp_driver *driver = pp_driver_find(options->driver);

    if (driver) {
        return driver;
    }
    if (!*pp_driver_list()) {
        pp_complain("--driver", "there is no driver in this binary");
    } else if (options->driver) {
        pp_complain(options->driver, "no such driver; \"list drivers\" shows those there are");
    } else {
        pp_complain("--driver", "must be given; \"list drivers\" shows those there are");
    }
    return NULL;
}

// Appends `word` and a space, in quotes if a shell would not take it as it is.
static int add_word(char *text, int length, int capacity, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    bool is_plain = word[0] && word[strspn(word, plain)] == '\0';
    const char *quote = is_plain ? "" : "'";

    length += snprintf(text + length, (size_t)(capacity - length), "%s%s", length ? " " : "", quote);
    for (; *word && length < capacity - 8; word++) {
        const char *escaped = *word == '\'' ? "'\\''" : (const char[]){*word, '\0'};
        length += snprintf(text + length, (size_t)(capacity - length), "%s", escaped);
    }
    length += snprintf(text + length, (size_t)(capacity - length), "%s", quote);
    return length;
}

void pp_verb_replay(const struct pp_options *options, const struct pp_driver *driver, const char *file,
                    char *text, int capacity) {
    const char *const words[] = {options->program, "run", "--driver", driver->name, file};
    int length = 0;

    for (unsigned i = 0; i < sizeof words / sizeof words[0] && length < capacity - 16; i++) {
        length = add_word(text, length, capacity, words[i]);
    }
}
