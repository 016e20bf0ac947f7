// SPDX-License-Identifier: MIT
// The report of a finding: what a person reads first, last and often only.
#include "run/section.h"

#include <poolproof/run.h>

static void add_faults(struct pp_text *text, const struct pp_verdict *verdict) {
    pp_text_add(text, "\nfaults: %u armed, %u fired\n", verdict->fault_armed_count,
                verdict->fault_fired_count);
    for (uint32_t i = 0; i < PP_POINT_ANY; i++) {
        if (verdict->point_failed[i] > 0) {
            pp_text_add(text, "  %s failed %u of %u times\n", pp_point_infos[i].name,
                        verdict->point_failed[i], verdict->point_reached[i]);
        }
    }
}

size_t pp_run_report(const struct pp_driver *driver, const struct pp_program *program,
                     const struct pp_verdict *verdict, const char *replay, char *memory,
                     size_t capacity) {
    struct pp_text text;
    pp_text_init(&text, memory, capacity);
    const struct pp_finding *finding = &verdict->finding;
    pp_text_add(&text, "%s\n\n%s", finding->title, finding->detail);
    pp_section_program(&text, program, finding->op, "in the tear-down");
    add_faults(&text, verdict);
    pp_section_events(&text);
    pp_text_add(&text, "\ndriver %s, digest %016llx\nreplay: %s\n", driver->name,
                (unsigned long long)verdict->digest, replay);
    return text.length;
}
