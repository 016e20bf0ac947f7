// SPDX-License-Identifier: MIT
#include "enumerated.h"

#include "base/grow.h"

#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

// Chained, so that the order counts.
static uint64_t follow(uint64_t digest, uint64_t next) { return XXH64(&next, sizeof next, digest); }

void pp_enumerated_note_run(struct pp_enumerated *counts, uint64_t digest) {
    pp_places_note_run(&counts->places);
    counts->sums.digest = follow(counts->sums.digest, digest);
}

void pp_enumerated_add_found(struct pp_enumerated *counts, const struct pp_fault_found *found) {
    for (uint32_t i = 0; i < counts->found_count; i++) {
        if (strcmp(counts->found[i].title, found->title) == 0) {
            return;
        }
    }
    counts->found =
        pp_grow(counts->found, &counts->found_capacity, counts->found_count, sizeof(*counts->found));
    struct pp_fault_found *mine = &counts->found[counts->found_count++];
    *mine = *found;
    mine->program = malloc(found->size);
    pp_expect(mine->program != NULL, "no memory for %u bytes", found->size);
    memcpy(mine->program, found->program, found->size);
}

void pp_enumerated_note_found(struct pp_enumerated *counts, const char *title,
                              const struct pp_program *program) {
    static uint8_t bytes[PP_PROGRAM_BYTES_MAX];
    struct pp_fault_found found = {.run = counts->sums.run_count, .program = bytes};

    snprintf(found.title, sizeof found.title, "%s", title);
    found.size = (uint32_t)pp_program_encode(program, bytes, sizeof bytes);
    pp_expect(found.size > 0, "a program with one fault more has no encoding");
    pp_enumerated_add_found(counts, &found);
}

void pp_enumerated_add(struct pp_enumerated *sum, const struct pp_enumerated *part) {
    for (uint32_t i = 0; i < part->found_count; i++) {
        struct pp_fault_found found = part->found[i];
        found.run += sum->sums.run_count;
        pp_enumerated_add_found(sum, &found);
    }
    pp_places_add(&sum->places, &part->places);
    sum->sums.run_count += part->sums.run_count;
    sum->sums.pruned_count += part->sums.pruned_count;
    sum->sums.left_out_count += part->sums.left_out_count;
    sum->sums.dead_count += part->sums.dead_count;
    sum->sums.retry_count += part->sums.retry_count;
    sum->sums.retry_failed_count += part->sums.retry_failed_count;
    sum->sums.digest = follow(sum->sums.digest, part->sums.digest);
}

void pp_enumerated_clear(struct pp_enumerated *counts) {
    for (uint32_t i = 0; i < counts->found_count; i++) {
        free(counts->found[i].program);
    }
    counts->sums = (struct pp_enumerated_sums){0};
    counts->found_count = counts->places.count = 0;
}

void pp_enumerated_free(struct pp_enumerated *counts) {
    pp_enumerated_clear(counts);
    free(counts->found);
    free(counts->places.list);
    *counts = (struct pp_enumerated){0};
}
