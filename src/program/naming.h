// SPDX-License-Identifier: MIT
// How many objects of each letter the ops so far have named: what a handle may refer to, and which
// name comes next. Every walk over a program keeps one.
#pragma once
#include <poolproof/program.h>

struct pp_naming {
    uint16_t counts['z' - 'a' + 1];  // by letter
};

static inline uint16_t pp_naming_count(const struct pp_naming *naming, char letter) {
    return naming->counts[letter - 'a'];
}

// To be told of every op, in order.
static inline void pp_naming_add(struct pp_naming *naming, const struct pp_op_info *info) {
    if (info->result) {
        naming->counts[info->result - 'a']++;
    }
}
