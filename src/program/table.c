// SPDX-License-Identifier: MIT
// The info tables, made from op.def, point.def and status.def. A new row there is a new row here.
#include <poolproof/program.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define CHOICES(list, ...) static const char *const words_of_##list[] = {__VA_ARGS__};
#define OP(id, ...)
#include <poolproof/op.def>
#undef OP
#undef CHOICES

// An op without arguments leaves OP_INFO nothing to put into its list: the zero entry keeps it
// legal.
#define HANDLE(letter_) {.kind = PP_ARG_HANDLE, .letter = letter_}
#define NUMBER(word_, min_, max_, standard_) \
    {.kind = PP_ARG_NUMBER, .word = #word_, .min = min_, .max = max_, .standard = standard_}
#define CHOICE(word_, list, standard_)   \
    {.kind = PP_ARG_CHOICE,              \
     .word = #word_,                     \
     .max = LENGTH(words_of_##list) - 1, \
     .standard = standard_,              \
     .words = words_of_##list}
#define OP_INFO(word_, result_, about_, ...)                                            \
    {                                                                                   \
        .word = word_, .result = result_, .about = about_,                              \
        .arg_count = LENGTH(((const struct pp_arg_info[]){__VA_ARGS__})) - 1, .args = { \
            __VA_ARGS__                                                                 \
        }                                                                               \
    }
#define OP(id, ...) [PP_OP_##id] = OP_INFO(__VA_ARGS__, {0}),
#define CHOICES(...)

const struct pp_op_info pp_op_infos[PP_OP_COUNT] = {
#include <poolproof/op.def>
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
