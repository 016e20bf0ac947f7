// SPDX-License-Identifier: MIT
// Is a program valid, and are two the same? Dumb on purpose: it shares no code with what it checks.
#include "naming.h"

static const char *check_args(const struct pp_op *op, const struct pp_op_info *info,
                              const struct pp_naming *naming) {
    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        if (arg->kind == PP_ARG_HANDLE) {
            if (op->args[i] >= pp_naming_count(naming, arg->letter)) {
                return "a handle names no object of an earlier op";
            }
        } else if (op->args[i] < arg->min || op->args[i] > arg->max) {
            return "an argument is out of range";
        }
    }
    return NULL;
}

static const char *check_faults(const struct pp_op *op, uint32_t points) {
    if (op->fault_count > PP_OP_FAULTS_MAX) {
        return "an op has too many faults";
    }
    for (unsigned i = 0; i < op->fault_count; i++) {
        const struct pp_fault *fault = &op->faults[i];
        if (fault->point >= PP_POINT_COUNT) {
            return "a fault is of no known point";
        }
        if (!(points >> fault->point & 1)) {
            return "a fault is of a point that its language does not have";
        }
        if (fault->nth == 0) {
            return "a fault's nth is 0";
        }
        for (unsigned j = 0; j < i; j++) {
            if (op->faults[j].point == fault->point && op->faults[j].nth == fault->nth) {
                return "an op has the same fault twice";
            }
        }
    }
    return NULL;
}

static const char *check_outcomes(const struct pp_op *op) {
    if (op->outcome_count > PP_OP_OUTCOMES_MAX) {
        return "an op has too many outcomes";
    }
    for (unsigned i = 0; i < op->outcome_count; i++) {
        const struct pp_outcome *outcome = &op->outcomes[i];
        if (outcome->point >= PP_OUTCOME_COUNT) {
            return "an outcome is of no known point";
        }
        if (outcome->status >= PP_STATUS_COUNT ||
            !(pp_outcome_infos[outcome->point].statuses >> outcome->status & 1)) {
            return "an outcome's status is none that its point documents";
        }
        for (unsigned j = 0; j < i; j++) {
            if (op->outcomes[j].point == outcome->point) {
                return "an op has two outcomes for one point";
            }
        }
    }
    return NULL;
}

static const char *check_choices(const struct pp_op *op) {
    if (op->choice_count > PP_OP_CHOICES_MAX) {
        return "an op has too many choices";
    }
    for (unsigned i = 0; i < op->choice_count; i++) {
        const struct pp_choice *choice = &op->choices[i];
        uint32_t at = i ? op->choices[i - 1].at : 0, accesses = i ? op->choices[i - 1].accesses : 0;
        if (choice->at < at || (choice->at == at && choice->accesses <= accesses)) {
            return "an op's choices do not ascend from 1";
        }
    }
    return NULL;
}

static const char *check_attributes(const struct pp_op *op, uint32_t attribute_count) {
    if ((op->outcome_count > 0 && attribute_count <= PP_ATTRIBUTE_OUTCOME) ||
        (op->choice_count > 0 && attribute_count <= PP_ATTRIBUTE_CHOICE)) {
        return "an op has an attribute that its language does not have";
    }
    return NULL;
}

const char *pp_program_check(const struct pp_program *program) {
    struct pp_naming naming = {0};

    if (program->language >= PP_LANGUAGE_COUNT) {
        return "a program is of no known language";
    }
    const struct pp_language_info *language = &pp_languages[program->language];
    if (program->op_count > PP_PROGRAM_OPS_MAX) {
        return "too many ops";
    }
    for (uint32_t i = 0; i < program->op_count; i++) {
        const struct pp_op *op = &program->ops[i];
        const char *reason = NULL;
        if (op->kind >= language->op_count) {
            return "an op is of no known kind";
        }
        const struct pp_op_info *info = &language->ops[op->kind];
        if ((reason = check_args(op, info, &naming)) ||
            (reason = check_attributes(op, language->attribute_count)) ||
            (reason = check_faults(op, language->points)) || (reason = check_outcomes(op)) ||
            (reason = check_choices(op))) {
            return reason;
        }
        pp_naming_add(&naming, info);
    }
    return NULL;
}

static bool is_same_op(const struct pp_op *actual, const struct pp_op *expect, unsigned arg_count) {
    if (actual->kind != expect->kind || actual->fault_count != expect->fault_count ||
        actual->outcome_count != expect->outcome_count || actual->choice_count != expect->choice_count) {
        return false;
    }
    for (unsigned i = 0; i < arg_count; i++) {
        if (actual->args[i] != expect->args[i]) {
            return false;
        }
    }
    for (unsigned i = 0; i < actual->fault_count; i++) {
        const struct pp_fault *a = &actual->faults[i], *e = &expect->faults[i];
        if (a->point != e->point || a->nth != e->nth || a->is_persistent != e->is_persistent) {
            return false;
        }
    }
    for (unsigned i = 0; i < actual->outcome_count; i++) {
        const struct pp_outcome *a = &actual->outcomes[i], *e = &expect->outcomes[i];
        if (a->point != e->point || a->status != e->status) {
            return false;
        }
    }
    for (unsigned i = 0; i < actual->choice_count; i++) {
        const struct pp_choice *a = &actual->choices[i], *e = &expect->choices[i];
        if (a->at != e->at || a->accesses != e->accesses || a->target != e->target) {
            return false;
        }
    }
    return true;
}

bool pp_program_equal(const struct pp_program *actual, const struct pp_program *expect) {
    if (actual->language != expect->language || actual->op_count != expect->op_count) {
        return false;
    }
    for (uint32_t i = 0; i < actual->op_count; i++) {
        unsigned arg_count = pp_op_info(actual, &actual->ops[i])->arg_count;
        if (!is_same_op(&actual->ops[i], &expect->ops[i], arg_count)) {
            return false;
        }
    }
    return true;
}
