// SPDX-License-Identifier: MIT
// Text to program: lines, ops and their arguments (attributes: attribute.c).
//
//   text    = { [ version | op ] [ "#" comment ] newline }     the version comes first
//   version = "poolproof" number [ language ]
//   op      = [ name "=" ] word "(" [ arg { "," arg } ] ")" { attribute }
//   arg     = handle | word ":" value                           handles first, in order
#include "attribute.h"
#include "naming.h"
#include "scan.h"

#include <stdio.h>
#include <string.h>

bool pp_program_is_text(const uint8_t *bytes, size_t size) {
    static const char version_word[] = "poolproof";
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && (bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r'))) {
        at++;
    }
    if (at == size) {
        return false;
    }
    if (bytes[at] != '#') {
        return size - at >= strlen(version_word) &&
               memcmp(bytes + at, version_word, strlen(version_word)) == 0;
    }
    // Bytes from a fuzzer may begin with '#' too, but hardly with a whole line of printable ones.
    for (; at < size && bytes[at] != '\n'; at++) {
        bool is_line_ending = bytes[at] == '\r' && at + 1 < size && bytes[at + 1] == '\n';
        if (bytes[at] < ' ' && bytes[at] != '\t' && !is_line_ending) {
            return false;
        }
    }
    return at < size;
}

// The word behind the version. Without one it is a protocol program.
static bool parse_language(struct pp_scan *scan) {
    struct pp_word word = pp_scan_word(scan);
    struct pp_nearest nearest = {.word = word};

    scan->language = &pp_languages[PP_LANGUAGE_PROTOCOL];
    if (word.length == 0) {
        return true;
    }
    for (unsigned i = 0; i < PP_LANGUAGE_COUNT; i++) {
        if (pp_word_is(word, pp_languages[i].word)) {
            scan->language = &pp_languages[i];
            return true;
        }
        pp_nearest_try(&nearest, pp_languages[i].word);
    }
    return pp_nearest_fail(&nearest, scan, "language", "it is one of protocol, pool");
}

static bool parse_version(struct pp_scan *scan) {
    const char *begin = scan->at;
    struct pp_word word = pp_scan_word(scan);
    if (!pp_word_is(word, "poolproof")) {
        return pp_scan_fail(scan, begin, "missing version line: \"poolproof %d\" must come first",
                            PP_PROGRAM_VERSION);
    }
    struct pp_word version = pp_scan_word(scan);
    if (version.length == 0) {
        return pp_scan_fail(scan, scan->at, "the format version is missing, this build reads %d",
                            PP_PROGRAM_VERSION);
    }
    char expected[12];
    snprintf(expected, sizeof expected, "%d", PP_PROGRAM_VERSION);
    if (!pp_word_is(version, expected)) {
        return pp_scan_fail(scan, version.text, "format version %.*s, this build reads %s",
                            PP_WORD_PRINTED(version), expected);
    }
    if (!parse_language(scan)) {
        return false;
    }
    if (!pp_scan_is_done(scan)) {
        return pp_scan_fail(scan, scan->at, "only a comment may follow the version");
    }
    return true;
}

// Is the word `letter` and a decimal number in its usual form? Numbers beyond the limits become the
// greatest, which names nothing.
static bool read_handle(struct pp_word word, char letter, uint32_t *ret_index) {
    uint32_t index = 0;

    if (word.length < 2 || word.text[0] != letter || (word.text[1] == '0' && word.length > 2)) {
        return false;
    }
    for (size_t i = 1; i < word.length; i++) {
        if (word.text[i] < '0' || word.text[i] > '9') {
            return false;
        }
        index = index * 10 + (uint32_t)(word.text[i] - '0');
        index = index < UINT16_MAX ? index : UINT16_MAX;
    }
    *ret_index = index;
    return true;
}

static bool parse_handle(struct pp_scan *scan, const struct pp_op_info *info,
                         const struct pp_arg_info *arg, const struct pp_naming *naming,
                         uint32_t *ret_value) {
    struct pp_word word = pp_scan_word(scan);
    uint32_t index = 0;
    uint32_t named = pp_naming_count(naming, arg->letter);

    if (!read_handle(word, arg->letter, &index)) {
        return pp_scan_fail(scan, word.text, "%s needs a handle like %c0 here", info->word, arg->letter);
    }
    if (index < named) {
        *ret_value = index;
        return true;
    }
    if (named == 0) {
        return pp_scan_fail(scan, word.text, "unknown handle %.*s: no op above names it",
                            PP_WORD_PRINTED(word));
    }
    return pp_scan_fail(scan, word.text, "unknown handle %.*s: the last one named above is %c%u",
                        PP_WORD_PRINTED(word), arg->letter, named - 1);
}

static bool parse_choice(struct pp_scan *scan, const struct pp_arg_info *arg, uint32_t *ret_value) {
    struct pp_word word = pp_scan_word(scan);
    struct pp_nearest nearest = {.word = word};
    char hint[96] = "it is one of";

    for (unsigned i = 0; i <= arg->max; i++) {
        if (pp_word_is(word, arg->words[i])) {
            *ret_value = i;
            return true;
        }
    }
    for (unsigned i = 0; i <= arg->max; i++) {
        pp_nearest_try(&nearest, arg->words[i]);
        size_t length = strlen(hint);
        snprintf(hint + length, sizeof hint - length, "%s %s", i ? "," : "", arg->words[i]);
    }
    return pp_nearest_fail(&nearest, scan, arg->word, hint);
}

static bool refuse_named_arg(struct pp_scan *scan, const struct pp_op_info *info, struct pp_word word) {
    struct pp_nearest nearest = {.word = word};
    char hint[96];

    for (unsigned i = 0; i < info->arg_count; i++) {
        if (info->args[i].kind != PP_ARG_HANDLE) {
            pp_nearest_try(&nearest, info->args[i].word);
        }
    }
    snprintf(hint, sizeof hint, "\"list ops\" shows those of %s", info->word);
    return pp_nearest_fail(&nearest, scan, "argument", hint);
}

// One `word: value`. `given` has a bit for each argument that was seen.
static bool parse_named_arg(struct pp_scan *scan, const struct pp_op_info *info, struct pp_op *op,
                            uint32_t *given) {
    struct pp_word word = pp_scan_word(scan);

    if (word.length == 0) {
        return pp_scan_fail(scan, word.text, "expected an argument of %s, as in \"word: value\"",
                            info->word);
    }
    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        if (arg->kind == PP_ARG_HANDLE || !pp_word_is(word, arg->word)) {
            continue;
        }
        if (*given & UINT32_C(1) << i) {
            return pp_scan_fail(scan, word.text, "%s is given twice", arg->word);
        }
        *given |= UINT32_C(1) << i;
        if (!pp_scan_expect(scan, ":", arg->word)) {
            return false;
        }
        if (arg->kind == PP_ARG_CHOICE) {
            return parse_choice(scan, arg, &op->args[i]);
        }
        return pp_scan_number(scan, arg->word, arg->min, arg->max, &op->args[i]);
    }
    return refuse_named_arg(scan, info, word);
}

static bool parse_args(struct pp_scan *scan, const struct pp_naming *naming, struct pp_op *op) {
    const struct pp_op_info *info = &scan->language->ops[op->kind];
    uint32_t given = 0;
    bool is_first = true;

    if (!pp_scan_expect(scan, "(", info->word)) {
        return false;
    }
    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        op->args[i] = arg->standard;
        if (arg->kind != PP_ARG_HANDLE) {
            continue;
        }
        if ((!is_first && !pp_scan_expect(scan, ",", "the handle")) ||
            !parse_handle(scan, info, arg, naming, &op->args[i])) {
            return false;
        }
        is_first = false;
    }
    while (!pp_scan_take(scan, ")")) {
        if (scan->at == scan->line_end) {
            return pp_scan_expect(scan, ")", "the arguments");
        }
        if ((!is_first && !pp_scan_expect(scan, ",", "an argument")) ||
            !parse_named_arg(scan, info, op, &given)) {
            return false;
        }
        is_first = false;
    }
    return true;
}

// Returns op_count if the language has no such op.
static uint32_t find_kind(const struct pp_language_info *language, struct pp_word word) {
    uint32_t kind = 0;
    while (kind < language->op_count && !pp_word_is(word, language->ops[kind].word)) {
        kind++;
    }
    return kind;
}

static bool refuse_op(struct pp_scan *scan, struct pp_word word) {
    struct pp_nearest nearest = {.word = word};

    for (unsigned i = 0; i < PP_LANGUAGE_COUNT; i++) {
        if (find_kind(&pp_languages[i], word) < pp_languages[i].op_count) {
            return pp_scan_fail(scan, word.text, "%.*s is an op of %s programs, this is a %s program",
                                PP_WORD_PRINTED(word), pp_languages[i].word, scan->language->word);
        }
    }
    for (uint32_t kind = 0; kind < scan->language->op_count; kind++) {
        pp_nearest_try(&nearest, scan->language->ops[kind].word);
    }
    return pp_nearest_fail(&nearest, scan, "op", "\"list ops\" shows them all");
}

static bool find_op(struct pp_scan *scan, struct pp_word word, uint8_t *ret_kind) {
    if (word.length == 0) {
        return pp_scan_fail(scan, word.text, "expected an op, as in \"word(...)\"");
    }
    uint32_t kind = find_kind(scan->language, word);
    if (kind == scan->language->op_count) {
        return refuse_op(scan, word);
    }
    *ret_kind = (uint8_t)kind;
    return true;
}

// `name` is what stood before "=", or empty.
static bool check_name(struct pp_scan *scan, const struct pp_op_info *info, struct pp_word name,
                       struct pp_word word, const struct pp_naming *naming) {
    uint32_t index = 0;

    if (!info->result) {
        return name.length == 0 ||
               pp_scan_fail(scan, name.text, "%s names no object: leave out \"%.*s =\"", info->word,
                            PP_WORD_PRINTED(name));
    }
    uint32_t next = pp_naming_count(naming, info->result);
    if (name.length == 0) {
        return pp_scan_fail(scan, word.text, "%s names an object: write \"%c%u = %s(...)\"", info->word,
                            info->result, next, info->word);
    }
    if (!read_handle(name, info->result, &index) || index != next) {
        return pp_scan_fail(scan, name.text, "the next object that %s names is %c%u, not %.*s",
                            info->word, info->result, next, PP_WORD_PRINTED(name));
    }
    return true;
}

static bool parse_op(struct pp_scan *scan, const struct pp_naming *naming, struct pp_op *ret_op) {
    struct pp_word word = pp_scan_word(scan);
    struct pp_word name = {.text = word.text};

    memset(ret_op, 0, sizeof *ret_op);
    if (word.length > 0 && pp_scan_take(scan, "=")) {
        name = word;
        word = pp_scan_word(scan);
    }
    return find_op(scan, word, &ret_op->kind) &&
           check_name(scan, &scan->language->ops[ret_op->kind], name, word, naming) &&
           parse_args(scan, naming, ret_op) && pp_attributes_parse(scan, ret_op);
}

bool pp_program_parse(const char *text, size_t size, struct pp_program *ret_program,
                      struct pp_error *ret_error) {
    struct pp_error error = {0};
    struct pp_program program;
    struct pp_naming naming = {0};
    struct pp_scan scan;
    bool is_end = false, is_good = true;

    program.op_count = 0;
    pp_scan_init(&scan, text, size, &error);
    while ((is_good = pp_scan_line(&scan, &is_end)) && !is_end) {
        if (pp_scan_is_done(&scan)) {
            continue;
        }
        if (!scan.language) {
            is_good = parse_version(&scan);
        } else if (program.op_count == PP_PROGRAM_OPS_MAX) {
            is_good = pp_scan_fail(&scan, scan.at, "more than %d ops", PP_PROGRAM_OPS_MAX);
        } else {
            struct pp_op *op = &program.ops[program.op_count];
            is_good = parse_op(&scan, &naming, op);
            program.op_count++;
            pp_naming_add(&naming, &scan.language->ops[op->kind]);
        }
        if (!is_good) {
            break;
        }
    }
    if (is_good && !scan.language) {
        is_good = pp_scan_fail(&scan, scan.at, "missing version line: \"poolproof %d\" must come first",
                               PP_PROGRAM_VERSION);
    }
    if (!is_good) {
        *ret_error = error;
        return false;
    }
    ret_program->language = (enum pp_language)(scan.language - pp_languages);
    ret_program->op_count = program.op_count;
    memcpy(ret_program->ops, program.ops, program.op_count * sizeof program.ops[0]);
    return true;
}
