// SPDX-License-Identifier: MIT
// The binary form of a program: a stream of records, each a tag byte and a payload of a length that
// the tag alone decides. Op records come in the order of op.def; an attribute record belongs to the
// op before it. All values are offsets from their minimum, little endian, reduced modulo their
// range:
//
//   op       for each argument: handle 1 byte; choice 1 byte; number 1 byte if max < 256, else 2
//   fault    point + (persistent ? PP_POINT_COUNT : 0); nth - 1
//   outcome  point; which of the statuses that the point documents
//   choice   at - 1 (2 bytes); target
#pragma once
#include <poolproof/program.h>

enum pp_record {
    // 0 .. PP_OP_COUNT - 1: enum pp_op_kind
    PP_RECORD_FAULT = PP_OP_COUNT,
    PP_RECORD_OUTCOME,
    PP_RECORD_CHOICE,
    PP_RECORD_COUNT
};

#define PP_RECORD_FAULT_SIZE 3
#define PP_RECORD_OUTCOME_SIZE 3
#define PP_RECORD_CHOICE_SIZE 4
#define PP_RECORD_OP_SIZE_MAX                                           \
    (1 + 2 * PP_OP_ARGS_MAX + PP_OP_FAULTS_MAX * PP_RECORD_FAULT_SIZE + \
     PP_OP_OUTCOMES_MAX * PP_RECORD_OUTCOME_SIZE + PP_OP_CHOICES_MAX * PP_RECORD_CHOICE_SIZE)

_Static_assert(PP_RECORD_COUNT <= 256, "a tag is one byte");
_Static_assert(2 * PP_POINT_COUNT <= 256, "a fault's first byte holds point and persistence");
_Static_assert(PP_PROGRAM_OPS_MAX <= 256, "a handle is one byte");
_Static_assert(PP_STATUS_COUNT <= 32, "statuses of a point are bits of 32");
_Static_assert(PP_PROGRAM_OPS_MAX *PP_RECORD_OP_SIZE_MAX <= PP_PROGRAM_BYTES_MAX,
               "the longest program fits the limit");

static inline bool pp_record_is_wide(const struct pp_arg_info *arg) {
    return arg->kind == PP_ARG_NUMBER && arg->max >= 256;
}
