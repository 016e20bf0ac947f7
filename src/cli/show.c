// SPDX-License-Identifier: MIT
// show FILE...
#include "complaint.h"
#include "load.h"
#include "plans.h"
#include "subject.h"
#include "verb.h"

#include <stdio.h>

int pp_verb_show(const struct pp_options *options) {
    static struct pp_program program;
    static char text[PP_LOAD_BYTES_MAX];
    static struct pp_plan plan;  // one without lines changes nothing
    enum pp_language language;
    int status = PP_EXIT_CLEAN;

    if (!pp_subject_language(options, &language) ||
        (options->plan && !pp_plans_find(options->plan, &plan))) {
        return PP_EXIT_BAD;
    }
    if (options->operand_count == 0) {
        pp_complain("show", "which files?");
        return PP_EXIT_BAD;
    }
    for (int i = 0; i < options->operand_count; i++) {
        const uint8_t *bytes = NULL;
        size_t size = 0;
        if (!pp_load(options->operands[i], language, &program, &bytes, &size)) {
            status = PP_EXIT_BAD;
            continue;
        }
        if (options->operand_count > 1) {
            printf("%s# %s\n", i ? "\n" : "", options->operands[i]);
        }
        pp_plan_apply(&plan, &program);
        pp_program_print(&program, PP_OP_NONE, text, sizeof text);
        fputs(text, stdout);
    }
    return status;
}
