// SPDX-License-Identifier: MIT
// The report of a finding: what a person reads first, last and often only.
#include "base/text.h"
#include "run/trace.h"

#include <poolproof/run.h>
#include <string.h>

#define LAST_EVENTS 24
#define PROGRAM_TEXT_BYTES 65536

static void add_program(struct pp_text *text, const struct pp_program *program, uint16_t op) {
    static char listing[PROGRAM_TEXT_BYTES];
    pp_program_print(program, op, listing, sizeof(listing));
    pp_text_add(text, "\nprogram%s:\n", op == PP_OP_NONE ? " (found in the tear-down)" : "");
    for (const char *line = listing; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        pp_text_add(text, "  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void add_faults(struct pp_text *text, const struct pp_verdict *verdict) {
    pp_text_add(text, "\nfaults: %u armed, %u fired\n", verdict->fault_armed_count,
                verdict->fault_fired_count);
    for (uint32_t i = 0; i < PP_POINT_COUNT; i++) {
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
    add_program(&text, program, finding->op);
    add_faults(&text, verdict);
    pp_text_add(&text, "\nlast events (number, op, what):\n");
    pp_trace_print(&text, LAST_EVENTS);
    pp_text_add(&text, "\ndriver %s, digest %016llx\nreplay: %s\n", driver->name,
                (unsigned long long)verdict->digest, replay);
    return text.length;
}
