// SPDX-License-Identifier: MIT
// The binary form of a program: a stream of records, each a tag byte and a payload of a length that
// the tag alone decides. Tags are the language's ops, in the order of its table, then its attributes; an
// attribute record belongs to the op before it. All values are offsets from their minimum, little
// endian, reduced modulo their range:
//
//   op       for each argument: handle 1 byte; choice 1 byte; number 1 byte if max < 256, 2 if
//            max < 65536, else 4
//   fault    point + (persistent ? PP_POINT_COUNT : 0); nth - 1
//   outcome  point; which of the statuses that the point documents
//   choice   at (2 bytes); accesses (2 bytes); target. With both 0, at is 1
#pragma once
#include <poolproof/program.h>

#define PP_RECORD_FAULT_SIZE 3
#define PP_RECORD_OUTCOME_SIZE 3
#define PP_RECORD_CHOICE_SIZE 6
#define PP_RECORD_OP_SIZE_MAX                                           \
    (1 + 4 * PP_OP_ARGS_MAX + PP_OP_FAULTS_MAX * PP_RECORD_FAULT_SIZE + \
     PP_OP_OUTCOMES_MAX * PP_RECORD_OUTCOME_SIZE + PP_OP_CHOICES_MAX * PP_RECORD_CHOICE_SIZE)

_Static_assert(PP_OP_COUNT + PP_ATTRIBUTE_COUNT <= 256, "a tag is one byte");
_Static_assert(PP_POOL_OP_COUNT + PP_ATTRIBUTE_COUNT <= 256, "a tag is one byte");
_Static_assert(2 * PP_POINT_COUNT <= 256, "a fault's first byte holds point and persistence");
_Static_assert(PP_PROGRAM_OPS_MAX <= 256, "a handle is one byte");
_Static_assert(PP_STATUS_COUNT <= 32, "statuses of a point are bits of 32");
_Static_assert(PP_PROGRAM_OPS_MAX *PP_RECORD_OP_SIZE_MAX <= PP_PROGRAM_BYTES_MAX,
               "the longest program fits the limit");

static inline uint32_t pp_record_arg_size(const struct pp_arg_info *arg) {
    return arg->kind != PP_ARG_NUMBER || arg->max < 256 ? 1 : arg->max < 65536 ? 2 : 4;
}
