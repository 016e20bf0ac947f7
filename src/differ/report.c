// SPDX-License-Identifier: MIT
// The report of a difference: what, where, the program, the last events, how to see it again.
#include "differ/player.h"

#include "base/text.h"
#include "run/trace.h"

#include <string.h>

#define LAST_EVENTS 24
#define PROGRAM_TEXT_BYTES 65536

static void add_program(struct pp_text *text, const struct pp_program *program, uint16_t op) {
    static char listing[PROGRAM_TEXT_BYTES];
    pp_program_print(program, op, listing, sizeof(listing));
    pp_text_add(text, "\nprogram%s:\n", op == PP_OP_NONE ? " (found when it had ended)" : "");
    for (const char *line = listing; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        pp_text_add(text, "  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

size_t pp_differ_report(const struct pp_pool_functions *pool, const struct pp_program *program,
                        const struct pp_verdict *verdict, const char *replay, char *memory,
                        size_t capacity) {
    static struct pp_verdict again;
    struct pp_text text;
    pp_text_init(&text, memory, capacity);
    const struct pp_finding *finding = &verdict->finding;
    pp_text_add(&text, "%s\n\n%s", finding->title, finding->detail);
    add_program(&text, program, finding->op);
    pp_text_add(&text, "\nfaults: %u armed, %u fired\n", verdict->fault_armed_count,
                verdict->fault_fired_count);
    // Events are kept only now: played again, the program makes the same ones.
    struct pp_differ_options options = pp_play.options;
    pp_trace_begin();
    pp_play_program(pool, program, &options, /*is_traced=*/true, &again);
    pp_text_add(&text, "\nlast events (number, op, what):\n");
    pp_trace_print(&text, LAST_EVENTS);
    pp_text_add(&text, "\npool %s, digest %016llx\nreplay: %s\n", pool->name,
                (unsigned long long)verdict->digest, replay);
    return text.length;
}
