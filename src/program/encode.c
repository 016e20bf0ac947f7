// SPDX-License-Identifier: MIT
// Program to bytes (the format: record.h), the inverse of decode.
#include "record.h"

struct writer {
    uint8_t *at;
    uint8_t *end;
};

static inline void put_byte(struct writer *writer, uint32_t value) { *writer->at++ = (uint8_t)value; }

static inline void put_pair(struct writer *writer, uint32_t value) {
    put_byte(writer, value & 0xff);
    put_byte(writer, value >> 8);
}

static size_t op_size(const struct pp_op_info *info, const struct pp_op *op) {
    size_t size = 1;

    for (unsigned i = 0; i < info->arg_count; i++) {
        size += pp_record_arg_size(&info->args[i]);
    }
    return size + (size_t)op->fault_count * PP_RECORD_FAULT_SIZE +
           (size_t)op->outcome_count * PP_RECORD_OUTCOME_SIZE +
           (size_t)op->choice_count * PP_RECORD_CHOICE_SIZE;
}

static void write_op(struct writer *writer, const struct pp_language_info *language,
                     const struct pp_op *op) {
    const struct pp_op_info *info = &language->ops[op->kind];

    put_byte(writer, op->kind);
    for (unsigned i = 0; i < info->arg_count; i++) {
        uint32_t value = op->args[i] - info->args[i].min;
        for (uint32_t size = pp_record_arg_size(&info->args[i]); size > 0; size--) {
            put_byte(writer, value & 0xff);
            value >>= 8;
        }
    }
    for (unsigned i = 0; i < op->fault_count; i++) {
        const struct pp_fault *fault = &op->faults[i];
        put_byte(writer, language->op_count + PP_ATTRIBUTE_FAULT);
        put_byte(writer, fault->point + (fault->is_persistent ? PP_POINT_COUNT : 0u));
        put_byte(writer, fault->nth - 1u);
    }
    for (unsigned i = 0; i < op->outcome_count; i++) {
        uint32_t below = (UINT32_C(1) << op->outcomes[i].status) - 1;
        uint32_t statuses = pp_outcome_infos[op->outcomes[i].point].statuses;
        put_byte(writer, language->op_count + PP_ATTRIBUTE_OUTCOME);
        put_byte(writer, op->outcomes[i].point);
        put_byte(writer, (uint32_t)__builtin_popcount(statuses & below));
    }
    for (unsigned i = 0; i < op->choice_count; i++) {
        put_byte(writer, language->op_count + PP_ATTRIBUTE_CHOICE);
        put_pair(writer, op->choices[i].at);
        put_pair(writer, op->choices[i].accesses);
        put_byte(writer, op->choices[i].target);
    }
}

size_t pp_program_encode(const struct pp_program *program, uint8_t *bytes, size_t capacity) {
    const struct pp_language_info *language = &pp_languages[program->language];
    struct writer writer = {.at = bytes, .end = capacity ? bytes + capacity : bytes};

    for (uint32_t i = 0; i < program->op_count; i++) {
        const struct pp_op *op = &program->ops[i];
        // An op of the greatest size fits nearly always; only near the end does the exact size
        // matter.
        size_t left = (size_t)(writer.end - writer.at);
        if (left < PP_RECORD_OP_SIZE_MAX && left < op_size(&language->ops[op->kind], op)) {
            return 0;
        }
        write_op(&writer, language, op);
    }
    return (size_t)(writer.at - bytes);
}
