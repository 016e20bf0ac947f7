// SPDX-License-Identifier: MIT
// The report of a difference: what, where, the program, the last events, how to see it again.
#include "differ/player.h"

#include "run/section.h"
#include "run/trace.h"

size_t pp_differ_report(const struct pp_pool_functions *pool, const struct pp_program *program,
                        const struct pp_verdict *verdict, const char *replay, char *memory,
                        size_t capacity) {
    static struct pp_verdict again;
    struct pp_text text;
    pp_text_init(&text, memory, capacity);
    const struct pp_finding *finding = &verdict->finding;
    pp_text_add(&text, "%s\n\n%s", finding->title, finding->detail);
    pp_section_program(&text, program, finding->op, "when it had ended");
    pp_text_add(&text, "\nfaults: %u armed, %u fired\n", verdict->fault_armed_count,
                verdict->fault_fired_count);
    // Events are kept only now: played again, the program makes the same ones.
    struct pp_differ_options options = pp_play.options;
    pp_trace_begin();
    pp_play_program(pool, program, &options, /*is_traced=*/true, &again);
    pp_section_events(&text);
    pp_text_add(&text, "\npool %s, digest %016llx\nreplay: %s\n", pool->name,
                (unsigned long long)verdict->digest, replay);
    return text.length;
}
