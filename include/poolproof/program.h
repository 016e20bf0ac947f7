// SPDX-License-Identifier: MIT
// A program is a value: a list of ops of one language, each with its own faults, outcomes and scheduling
// choices. It can be printed, parsed, encoded, mutated and compared; only pp_run and pp_differ can play
// it.
//
// Every program in this form is valid: handles name objects of earlier ops, arguments are in range.
// pp_program_decode makes a valid program of any bytes; pp_program_parse refuses text that is not one.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_PROGRAM_VERSION 1
#define PP_PROGRAM_OPS_MAX 256
#define PP_PROGRAM_BYTES_MAX 32768  // no encoding is longer; input behind it is ignored
#define PP_OP_ARGS_MAX 7
#define PP_OP_FAULTS_MAX 4
#define PP_OP_OUTCOMES_MAX 4
#define PP_OP_CHOICES_MAX 12
#define PP_OP_NONE UINT16_MAX  // "no op": the world's own set-up and tear-down

// What a program is about. A program that is all zero is an empty protocol program.
enum pp_language {
    PP_LANGUAGE_PROTOCOL,  // what happens to a driver: op.def, played by pp_run
    PP_LANGUAGE_POOL,      // calls of the NDIS buffer functions: pool_op.def, played by pp_differ
    PP_LANGUAGE_COUNT
};

enum pp_op_kind {
#define CHOICES(...)
#define OP(id, ...) PP_OP_##id,
#include <poolproof/op.def>
#undef OP
#undef CHOICES
    PP_OP_COUNT
};

enum pp_pool_op_kind {
#define CHOICES(...)
#define OP(id, ...) PP_POOL_OP_##id,
#include <poolproof/pool_op.def>
#undef OP
#undef CHOICES
    PP_POOL_OP_COUNT
};

enum pp_point {
#define POINT(id, ...) PP_POINT_##id,
#define OUTCOME(id, ...)
#include <poolproof/point.def>
#undef POINT
#undef OUTCOME
    PP_POINT_COUNT
};

enum pp_outcome_point {
#define POINT(id, ...)
#define OUTCOME(id, ...) PP_OUTCOME_##id,
#include <poolproof/point.def>
#undef POINT
#undef OUTCOME
    PP_OUTCOME_COUNT
};

enum pp_status {
#define STATUS(id, word, value) PP_STATUS_##id,
#include <poolproof/status.def>
#undef STATUS
    PP_STATUS_COUNT
};

// The nth call (1-based) of `point` that this op makes fails; if persistent, so does every later one.
// A point and nth stand together at most once in an op.
struct pp_fault {
    uint8_t point;  // enum pp_point
    uint8_t nth;    // 1..255
    bool is_persistent;
};

// While this op runs, calls of `point` are answered with `status`.
struct pp_outcome {
    uint8_t point;   // enum pp_outcome_point, at most once in an op
    uint8_t status;  // enum pp_status, one that the point documents
};

#define PP_TARGET_TIME UINT8_MAX  // nobody: time passes until somebody wakes or a timer is due

// At the at-th call (1-based) that this op's fibers reach, or that many accesses to memory behind it,
// the target-th (modulo) of the runnable fibers goes on; the program itself, which plays the next op, is
// the last of them. If the next call comes before the last of the accesses, nothing happens.
struct pp_choice {
    uint16_t at;  // 0: before the first call
    uint16_t
        accesses;  // 0: at the call itself; strictly ascending in an op: at, then accesses; not both 0
    uint8_t target;
};

// The place of a choice as one number, for comparing.
static inline uint32_t pp_choice_place(const struct pp_choice *choice) {
    return (uint32_t)choice->at << 16 | choice->accesses;
}

struct pp_op {
    uint8_t kind;  // in its program's language: enum pp_op_kind, enum pp_pool_op_kind
    uint8_t fault_count;
    uint8_t outcome_count;
    uint8_t choice_count;
    uint32_t args[PP_OP_ARGS_MAX];  // handles: number of the object among those of its letter
    struct pp_fault faults[PP_OP_FAULTS_MAX];
    struct pp_outcome outcomes[PP_OP_OUTCOMES_MAX];
    struct pp_choice choices[PP_OP_CHOICES_MAX];
};

struct pp_program {
    enum pp_language language;
    uint32_t op_count;
    struct pp_op ops[PP_PROGRAM_OPS_MAX];
};

// Why a text or a file is not what it should be. `line` and `column` are 1-based, 0 if not about text.
struct pp_error {
    uint32_t line;
    uint32_t column;
    char message[160];
};

enum pp_arg_kind { PP_ARG_HANDLE, PP_ARG_NUMBER, PP_ARG_CHOICE };

struct pp_arg_info {
    enum pp_arg_kind kind;
    char letter;       // handles
    const char *word;  // numbers and choices
    uint32_t min, max, standard;
    const char *const *words;  // choices; max is their last index
};

struct pp_op_info {
    const char *word;
    char result;  // letter of the object this op names, or 0
    const char *about;
    uint8_t arg_count;
    struct pp_arg_info args[PP_OP_ARGS_MAX + 1];  // a zero entry behind the last
};

// What can stand behind an op. A language has the first few of them, or all.
enum pp_attribute { PP_ATTRIBUTE_FAULT, PP_ATTRIBUTE_OUTCOME, PP_ATTRIBUTE_CHOICE, PP_ATTRIBUTE_COUNT };

struct pp_language_info {
    const char *word;
    const struct pp_op_info *ops;  // by kind
    uint32_t op_count;
    uint32_t attribute_count;  // of enum pp_attribute
    uint32_t points;           // bit per enum pp_point of which a fault can be
};

struct pp_point_info {
    const char *name;
    const char *function;
    const char *duty;
    uint32_t statuses;  // bit per enum pp_status; 0 for allocation points
};

// Tables; constant, indexed by the enums above.
extern const struct pp_language_info pp_languages[PP_LANGUAGE_COUNT];
extern const struct pp_op_info pp_op_infos[PP_OP_COUNT];
extern const struct pp_op_info pp_pool_op_infos[PP_POOL_OP_COUNT];
extern const struct pp_point_info pp_point_infos[PP_POINT_COUNT];
extern const struct pp_point_info pp_outcome_infos[PP_OUTCOME_COUNT];
extern const char *const pp_status_words[PP_STATUS_COUNT];
extern const uint32_t pp_status_values[PP_STATUS_COUNT];

// The row of an op's kind, in the language of its program.
static inline const struct pp_op_info *pp_op_info(const struct pp_program *program,
                                                  const struct pp_op *op) {
    return &pp_languages[program->language].ops[op->kind];
}

// Bytes to program; they do not tell the language. Total: every byte string decodes, and the program of
// a prefix is a prefix of the program. Records that cannot stand where they are (a handle of a letter
// nothing has named yet, an attribute before any op or beyond the limits, a fault of a point that the
// language does not have) are left out.
void pp_program_decode(enum pp_language language, const uint8_t *bytes, size_t size,
                       struct pp_program *ret_program);

// Program to bytes; decode(language of p, encode(p)) == p. Returns the size, 0 if it exceeds `capacity`.
size_t pp_program_encode(const struct pp_program *program, uint8_t *bytes, size_t capacity);

// Text, ending in a newline, to program. On failure *ret_program is untouched and *ret_error says
// where and why. `size` excludes any terminator.
bool pp_program_parse(const char *text, size_t size, struct pp_program *ret_program,
                      struct pp_error *ret_error);

// Program to text, NUL-terminated; parse(print(p)) == p. Defaults are not printed. `mark` is the index
// of an op to mark with an arrow in the margin, beside the ops' numbers (a listing for people, not for
// the parser), or PP_OP_NONE. Returns the length, or `capacity` or more if it did not fit (then
// truncated).
size_t pp_program_print(const struct pp_program *program, uint16_t mark, char *text, size_t capacity);

// True if the bytes begin as a text program does (comment or version line), else they are binary.
bool pp_program_is_text(const uint8_t *bytes, size_t size);

// Returns NULL if the program is valid, else the reason in words.
const char *pp_program_check(const struct pp_program *program);

bool pp_program_equal(const struct pp_program *actual, const struct pp_program *expect);

// How far ops of each kind have come: where choices, faults and outcomes can be.
struct pp_reach {
    uint32_t calls[PP_OP_COUNT];                  // switch points at calls
    uint32_t accesses[PP_OP_COUNT];               // memory accesses in all
    uint8_t points[PP_OP_COUNT][PP_POINT_COUNT];  // calls of each fault point, up to 255
    uint32_t outcomes[PP_OP_COUNT];               // a bit per enum pp_outcome_point that was asked
};

// A driver held a value of a program against another one: `to` may be what it wants in place of `from`.
struct pp_wish {
    uint32_t from, to;
};

// What arguments may get by changes, besides what the tables say.
struct pp_offer {
    const uint32_t *values;
    uint32_t value_count;
    const struct pp_wish *wishes;
    uint32_t wish_count;
    const uint32_t
        *sets;         // each: how many, then its values, which exclude each other; 0 ends them; or NULL
    bool has_actions;  // only then an op `act` is new
};

// From here on, until the next; kept by reference. None at first.
void pp_program_offer(const struct pp_offer *offer);

// Changes the program a little: inserts, removes, duplicates or moves an op, changes an argument, a
// fault, an outcome or a choice; new choices are where `reach` says that there is something to choose,
// or anywhere if it is NULL. Same seed, reach and values offered, same change. The result is valid, of
// the same language, and has at most `op_count_max` ops.
void pp_program_mutate(struct pp_program *program, uint32_t op_count_max, const struct pp_reach *reach,
                       uint32_t seed);

// Puts ops of `other`, which is of the same language, into `program`, then makes it valid again.
void pp_program_cross(struct pp_program *program, const struct pp_program *other, uint32_t op_count_max,
                      uint32_t seed);
