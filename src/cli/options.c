// SPDX-License-Identifier: MIT
#include "options.h"

#include "complaint.h"
#include "enumerate.h"
#include "workers.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const struct option long_options[] = {
    {"all", no_argument, NULL, 'a'},
    {"certificate", required_argument, NULL, 'C'},
    {"coverage", no_argument, NULL, 'e'},
    {"digest", no_argument, NULL, 'x'},
    {"driver", required_argument, NULL, 'd'},
    {"feedback", required_argument, NULL, 'y'},
    {"findings", required_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"jobs", required_argument, NULL, 'b'},
    {"json", no_argument, NULL, 'j'},
    {"k", required_argument, NULL, 'k'},
    {"no-prune", no_argument, NULL, 'u'},
    {"output", required_argument, NULL, 'o'},
    {"plan", required_argument, NULL, 'l'},
    {"pool", required_argument, NULL, 'p'},
    {"resume", required_argument, NULL, 'R'},
    {"runs", required_argument, NULL, 'r'},
    {"schedules", required_argument, NULL, 'n'},
    {"seconds", required_argument, NULL, 't'},
    {"seed", required_argument, NULL, 's'},
    {"strategy", required_argument, NULL, 'g'},
    {"strict", no_argument, NULL, 'c'},
    {"verify", required_argument, NULL, 'V'},
    {"values", required_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static bool read_count(const char *name, const char *text, uint64_t max, uint64_t *ret_count) {
    char *end = NULL;

    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    // strtoull takes signs and spaces, which a count has none of.
    if (text[0] < '0' || text[0] > '9' || *end || errno || count < 1 || count > max) {
        pp_complain(name, "\"%s\" is no whole number from 1 to %llu", text, (unsigned long long)max);
        return false;
    }
    *ret_count = count;
    return true;
}

// NAME, or NAME:DEPTH for those that have one.
static bool read_strategy(const char *text, struct pp_search *ret_search) {
    static const struct {
        const char *name;
        bool has_depth;
    } strategies[PP_STRATEGY_COUNT] = {[PP_STRATEGY_RANDOM] = {"random", false},
                                       [PP_STRATEGY_PCT] = {"pct", true},
                                       [PP_STRATEGY_DELAY] = {"delay", true},
                                       [PP_STRATEGY_ROBIN] = {"robin", false}};
    size_t length = strcspn(text, ":");

    for (unsigned i = 0; i < PP_STRATEGY_COUNT; i++) {
        if (strlen(strategies[i].name) != length || strncmp(text, strategies[i].name, length) != 0) {
            continue;
        }
        uint64_t depth = 0;
        if (strategies[i].has_depth != (text[length] == ':')) {
            break;
        }
        if (text[length] && !read_count("--strategy", text + length + 1, 16, &depth)) {
            return false;
        }
        ret_search->strategy = (enum pp_strategy)i;
        ret_search->depth = (uint32_t)depth;
        return true;
    }
    pp_complain("--strategy", "\"%s\" is none of random, pct:DEPTH, delay:DEPTH and robin", text);
    return false;
}

static bool read_feedback(const char *text, bool *ret_is_code_alone) {
    *ret_is_code_alone = strcmp(text, "code") == 0;
    if (!*ret_is_code_alone && strcmp(text, "faults") != 0) {
        pp_complain("--feedback", "\"%s\" is none of code and faults", text);
        return false;
    }
    return true;
}

static bool set_option(struct pp_options *options, int letter, const char *value) {
    switch (letter) {
    case 'a': options->is_for_all = true; return true;
    case 'b': return read_count("--jobs", value, PP_JOBS_MAX, &options->jobs);
    case 'c': options->is_strict = true; return true;
    case 'C': options->certificate = value; return true;
    case 'd': options->driver = value; return true;
    case 'f':
        options->findings = value;
        options->is_findings_given = true;
        return true;
    case 'g': return read_strategy(value, &options->search);
    case 'h': options->is_help = true; return true;
    case 'j': options->is_json = true; return true;
    case 'k': return read_count("--k", value, PP_ENUMERATE_DEPTH_MAX, &options->depth);
    case 'l': options->plan = value; return true;
    case 'n': return read_count("--schedules", value, UINT32_MAX, &options->schedules);
    case 'o': options->output = value; return true;
    case 'p': options->pool = value; return true;
    case 'u': options->is_unpruned = true; return true;
    case 'x': options->is_by_digest = true; return true;
    case 'e': options->has_coverage = true; return true;
    case 'R': options->resume = value; return true;
    case 'V': options->verify = value; return true;
    case 'y': return read_feedback(value, &options->is_code_alone);
    case 'v': options->values = value; return true;
    case 'r': return read_count("--runs", value, UINT64_MAX, &options->runs);
    case 't': return read_count("--seconds", value, 10u * 365 * 24 * 3600, &options->seconds);
    default: return read_count("--seed", value, UINT32_MAX, &options->seed);
    }
}

static bool is_long_option(int letter) {
    const struct option *it = long_options;
    while (it->name && it->val != letter) {
        it++;
    }
    return it->name;
}

static bool refuse_option(char **argv, int letter) {
    // getopt has gone past a long option, but is still in a group of short ones.
    if (optopt > 0 && letter == '?' && !is_long_option(optopt)) {
        char place[] = {'-', (char)optopt, '\0'};
        pp_complain(place, "unknown option; --help shows those there are");
    } else {
        pp_complain(argv[optind - 1], letter == ':' ? "needs a value behind it"
                                                    : "unknown option; --help shows those there are");
    }
    return false;
}

bool pp_options_parse(int argc, char **argv, const char *allowed, struct pp_options *ret_options) {
    struct pp_options options = {.program = argv[0],
                                 .findings = "findings",
                                 .depth = 1,
                                 .jobs = 1,
                                 .search = {.strategy = PP_STRATEGY_PCT, .depth = 3}};
    int letter = 0;

    opterr = 0;
    optind = 2;  // behind the verb
    while ((letter = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1) {
        if (letter == '?' || letter == ':') {
            return refuse_option(argv, letter);
        }
        if (letter != 'h' && !strchr(allowed, letter)) {
            pp_complain(argv[optind - (optarg && optarg == argv[optind - 1] ? 2 : 1)],
                        "not an option of %s; \"%s --help\" shows those there are", argv[1], argv[1]);
            return false;
        }
        if (!set_option(&options, letter, optarg)) {
            return false;
        }
    }
    options.search.seed = options.seed;
    options.operands = argv + optind;
    options.operand_count = argc - optind;
    *ret_options = options;
    return true;
}
