// SPDX-License-Identifier: MIT
// A dead fault point, planted into the command line: the environment says how nb.allocate is dead.
#include "faults/injector.h"

#include <stdlib.h>
#include <string.h>

bool __real_pp_fault_fires(enum pp_point point);
bool __wrap_pp_fault_fires(enum pp_point point);

// DEAD=unasked: who allocates does not ask. DEAD=unheard: it asks, and does not mind the answer.
bool __wrap_pp_fault_fires(enum pp_point point) {
    const char *how = getenv("DEAD");
    bool is_dead = how && point == PP_POINT_NB_ALLOCATE;

    if (is_dead && strcmp(how, "unasked") == 0) {
        return false;
    }
    return __real_pp_fault_fires(point) && !is_dead;
}
