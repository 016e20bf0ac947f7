// SPDX-License-Identifier: MIT
// The rules, one table (src/check/rule.def): `list rules`, docs/rules.md and the checkers are made from
// it.
#pragma once
#include <stdint.h>

#define PP_RULE_COUNT_MAX 256  // of tables by index of pp_rules

enum pp_severity {
    PP_SEVERITY_STOP,        // documented prohibition or memory-unsafe: the run stops
    PP_SEVERITY_COUNT_ONLY,  // advice: counted and shown
};

struct pp_rule {
    const char *id;  // SEND-TWICE
    enum pp_severity severity;
    const char *statement;  // what must hold
    const char *source;     // page of the public documentation, or "-" if it is ours
    const char *symptom;    // how a violation shows on a real machine
};

extern const struct pp_rule pp_rules[];
extern const uint32_t pp_rule_count;
