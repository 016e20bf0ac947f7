// SPDX-License-Identifier: MIT
// What a checker says when a rule is broken.
#pragma once
#include <poolproof/rule.h>
#include <stdint.h>

struct pp_finding {
    const struct pp_rule *rule;
    char title[192];    // "poolproof: RULE-ID: what in where"; no names, counts or addresses
    char detail[4096];  // objects, owners, stacks: several lines
    uint16_t op;        // the op that the acting fiber belonged to, or PP_OP_NONE
};
