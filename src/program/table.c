// SPDX-License-Identifier: MIT
// The info tables, made from op.def, pool_op.def, point.def and status.def. A new row there is a new row
// here.
#include <poolproof/program.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

// Each language has lists of its own.
#define CHOICES(list, ...) static const char *const WORDS(list)[] = {__VA_ARGS__};
#define OP(id, ...)
#define WORDS(list) words_of_##list
#include <poolproof/op.def>
#undef WORDS
#define WORDS(list) pool_words_of_##list
#include <poolproof/pool_op.def>
#undef WORDS
#undef OP
#undef CHOICES

// An op without arguments leaves OP_INFO nothing to put into its list: the zero entry keeps it
// legal.
#define HANDLE(letter_) {.kind = PP_ARG_HANDLE, .letter = letter_}
#define NUMBER(word_, min_, max_, standard_) \
    {.kind = PP_ARG_NUMBER, .word = #word_, .min = min_, .max = max_, .standard = standard_}
#define CHOICE(word_, list, standard_) \
    {.kind = PP_ARG_CHOICE,            \
     .word = #word_,                   \
     .max = LENGTH(WORDS(list)) - 1,   \
     .standard = standard_,            \
     .words = WORDS(list)}
#define OP_INFO(word_, result_, about_, ...)                                            \
    {                                                                                   \
        .word = word_, .result = result_, .about = about_,                              \
        .arg_count = LENGTH(((const struct pp_arg_info[]){__VA_ARGS__})) - 1, .args = { \
            __VA_ARGS__                                                                 \
        }                                                                               \
    }
#define CHOICES(...)

#define OP(id, ...) [PP_OP_##id] = OP_INFO(__VA_ARGS__, {0}),
#define WORDS(list) words_of_##list
const struct pp_op_info pp_op_infos[PP_OP_COUNT] = {
#include <poolproof/op.def>
};
#undef WORDS
#undef OP

#define OP(id, ...) [PP_POOL_OP_##id] = OP_INFO(__VA_ARGS__, {0}),
#define WORDS(list) pool_words_of_##list
const struct pp_op_info pp_pool_op_infos[PP_POOL_OP_COUNT] = {
#include <poolproof/pool_op.def>
};

#define ALL_POINTS ((UINT32_C(1) << PP_POINT_COUNT) - 1)
#define POINT_BIT(point) (UINT32_C(1) << PP_POINT_##point)
#define IO_POINTS (POINT_BIT(DEVICE_CREATE) | POINT_BIT(IRP_ALLOCATE) | POINT_BIT(LINK_CREATE))
_Static_assert(PP_POINT_COUNT < 32, "points of a language are bits of 32");

const struct pp_language_info pp_languages[PP_LANGUAGE_COUNT] = {
    [PP_LANGUAGE_PROTOCOL] = {.word = "protocol",
                              .ops = pp_op_infos,
                              .op_count = PP_OP_COUNT,
                              .attribute_count = PP_ATTRIBUTE_COUNT,
                              .points = ALL_POINTS},
    // Nothing is opened or sent and no other fiber runs; there is no device.
    [PP_LANGUAGE_POOL] = {.word = "pool",
                          .ops = pp_pool_op_infos,
                          .op_count = PP_POOL_OP_COUNT,
                          .attribute_count = PP_ATTRIBUTE_FAULT + 1,
                          .points = ALL_POINTS & ~IO_POINTS},
};

#define BIT(status) (UINT32_C(1) << PP_STATUS_##status)
#define POINT(id, name_, function_, duty_) \
    [PP_POINT_##id] = {.name = name_, .function = function_, .duty = duty_},
#define OUTCOME(...)

const struct pp_point_info pp_point_infos[PP_POINT_COUNT] = {
#include <poolproof/point.def>
};

#undef POINT
#undef OUTCOME
#define POINT(...)
#define OUTCOME(id, name_, function_, statuses_, duty_) \
    [PP_OUTCOME_##id] = {.name = name_, .function = function_, .duty = duty_, .statuses = statuses_},

const struct pp_point_info pp_outcome_infos[PP_OUTCOME_COUNT] = {
#include <poolproof/point.def>
};

#define STATUS(id, word, value) [PP_STATUS_##id] = word,
const char *const pp_status_words[PP_STATUS_COUNT] = {
#include <poolproof/status.def>
};
#undef STATUS

#define STATUS(id, word, value) [PP_STATUS_##id] = value,
const uint32_t pp_status_values[PP_STATUS_COUNT] = {
#include <poolproof/status.def>
};
