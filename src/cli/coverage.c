// SPDX-License-Identifier: MIT
#include "coverage.h"

#include "edges.h"
#include "places.h"

#include <inttypes.h>
#include <stdio.h>

static struct pp_places places;

void pp_coverage_add(bool has_places) {
    pp_edges_add();
    if (has_places) {
        pp_places_note_run(&places);
    }
}

void pp_coverage_put(struct pp_json *json) {
    pp_json_number(json, "edges", pp_edges_count());
    pp_json_number(json, "edges_reached", pp_edges_reached());
    pp_depth_measure();
    pp_json_open(json, "entry", '{');
    for (unsigned i = 0; i < PP_CALLBACK_COUNT; i++) {
        struct pp_depth depth = pp_depth_of((enum pp_callback)i);
        if (depth.functions > 0) {
            pp_json_open(json, pp_callback_names[i], '[');
            pp_json_number(json, NULL, depth.reached);
            pp_json_number(json, NULL, depth.blocks);
            pp_json_close(json, ']');
        }
    }
    pp_json_close(json, '}');
    pp_places_put_sums(json, &places);
}

static void print_edges(void) {
    printf("%" PRIu32 " of the driver's %" PRIu32
           " edges reached; of the blocks of the functions that ran, by\n"
           "entry:\n",
           pp_edges_reached(), pp_edges_count());
    pp_depth_measure();
    for (unsigned i = 0; i < PP_CALLBACK_COUNT; i++) {
        struct pp_depth depth = pp_depth_of((enum pp_callback)i);
        if (depth.functions > 0) {
            printf("  %-34s %5" PRIu32 " of %-5" PRIu32 " %4" PRIu32 " functions\n",
                   pp_callback_names[i], depth.reached, depth.blocks, depth.functions);
        }
    }
    const char *name;
    for (uint32_t i = 0; (name = pp_depth_unreached(i)) != NULL; i++) {
        printf("%s%s", i == 0 ? "functions that never ran: " : ", ", name);
    }
    fputs(pp_depth_unreached(0) ? "\n" : "", stdout);
}

void pp_coverage_print(void) {
    if (pp_edges_count() > 0) {
        print_edges();
    }
    pp_places_print(&places);
}
