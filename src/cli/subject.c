// SPDX-License-Identifier: MIT
#include "subject.h"

#include "complaint.h"
#include "plans.h"

#include <poolproof/differ.h>

#include <stdio.h>
#include <string.h>

static const struct pp_driver *find_driver(const char *name) {
    const struct pp_driver *driver = pp_driver_find(name);

    if (driver) {
        return driver;
    }
    if (!*pp_driver_list()) {
        pp_complain("--driver", "there is no driver in this binary");
    } else if (name) {
        pp_complain(name, "no such driver; \"list drivers\" shows those there are");
    } else {
        pp_complain("--driver", "must be given; \"list drivers\" shows those there are");
    }
    return NULL;
}

static const struct pp_pool_functions *find_pool(const char *name) {
    const struct pp_pool_functions *pool = name ? pp_pool_find(name) : &pp_pool_arena;

    if (!pool) {
        pp_complain(name, "no such pool; \"list pools\" shows those there are");
    }
    return pool;
}

static bool find_plan(const struct pp_options *options, const struct pp_plan **ret_plan) {
    static struct pp_plan plan;

    if (options->plan && options->pool) {
        pp_complain("--plan", "is of programs for drivers: leave out --pool");
        return false;
    }
    *ret_plan = options->plan ? &plan : NULL;
    return !options->plan || pp_plans_find(options->plan, &plan);
}

bool pp_subject_find(const struct pp_options *options, struct pp_subject *ret_subject) {
    struct pp_subject subject = {.options = options};

    if (options->pool && options->driver) {
        pp_complain("--pool", "cannot go with --driver: a program is played on the one or the other");
        return false;
    }
    if (options->pool && options->is_strict) {
        pp_complain("--strict", "cannot go with --pool: which rules a pool program breaks is predicted");
        return false;
    }
    if (!options->pool && !(subject.driver = find_driver(options->driver))) {
        return false;
    }
    if (!options->driver && !(subject.pool = find_pool(options->pool))) {
        return false;
    }
    if (!find_plan(options, &subject.plan)) {
        return false;
    }
    *ret_subject = subject;
    return true;
}

bool pp_subject_language(const struct pp_options *options, enum pp_language *ret_language) {
    *ret_language = options->pool ? PP_LANGUAGE_POOL : PP_LANGUAGE_PROTOCOL;
    return !options->pool || find_pool(options->pool);
}

bool pp_subject_takes(const struct pp_subject *subject, enum pp_language language, const char *place) {
    if (language == PP_LANGUAGE_POOL && !subject->pool) {
        pp_complain(place, "a pool program, and no driver plays these: leave out --driver");
        return false;
    }
    if (language == PP_LANGUAGE_PROTOCOL && !subject->driver) {
        pp_complain(place, "a protocol program, and no pool plays these: leave out --pool");
        return false;
    }
    return true;
}

const char *pp_subject_name(const struct pp_subject *subject, enum pp_language language) {
    return language == PP_LANGUAGE_POOL ? subject->pool->name : subject->driver->name;
}

void pp_subject_apply_plan(const struct pp_subject *subject, struct pp_program *program) {
    if (subject->plan) {
        pp_plan_apply(subject->plan, program);
    }
}

void pp_subject_play(const struct pp_subject *subject, const struct pp_program *program,
                     enum pp_sites_wanted sites, struct pp_verdict *ret_verdict) {
    const struct pp_run_options options = {.is_strict = subject->options->is_strict, .sites = sites};

    if (program->language == PP_LANGUAGE_POOL) {
        pp_differ(subject->pool, program, NULL, ret_verdict);
    } else {
        pp_run(subject->driver, program, &options, ret_verdict);
    }
}

void pp_subject_search(const struct pp_subject *subject, const struct pp_program *program,
                       const struct pp_search *search, struct pp_verdict *ret_verdict) {
    const struct pp_run_options options = {.is_strict = subject->options->is_strict, .search = search};

    pp_run(subject->driver, program, &options, ret_verdict);
}

const uint32_t *pp_subject_broken(enum pp_language language) {
    return language == PP_LANGUAGE_POOL ? pp_differ_broken() : pp_run_advice();
}

const char *pp_subject_broken_word(enum pp_language language) {
    return language == PP_LANGUAGE_POOL ? "broken" : "advice";
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

// The command that plays a file again, quoted for a shell.
static void make_replay(const struct pp_subject *subject, enum pp_language language, const char *file,
                        char *text, int capacity) {
    bool is_pool = language == PP_LANGUAGE_POOL;
    const char *const words[] = {subject->options->program,
                                 "run",
                                 is_pool ? "--pool" : "--driver",
                                 pp_subject_name(subject, language),
                                 subject->options->is_strict && !is_pool ? "--strict" : NULL,
                                 file};
    int length = 0;

    for (unsigned i = 0; i < sizeof words / sizeof words[0] && length < capacity - 16; i++) {
        if (words[i]) {
            length = add_word(text, length, capacity, words[i]);
        }
    }
}

void pp_subject_report(const struct pp_subject *subject, const struct pp_program *program,
                       const struct pp_verdict *verdict, const char *file, char *text, size_t capacity) {
    char replay[4096];

    make_replay(subject, program->language, file, replay, sizeof replay);
    if (program->language == PP_LANGUAGE_POOL) {
        pp_differ_report(subject->pool, program, verdict, replay, text, capacity);
    } else {
        pp_run_report(subject->driver, program, verdict, replay, text, capacity);
    }
}
