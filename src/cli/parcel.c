// SPDX-License-Identifier: MIT
#include "parcel.h"

#include "base/expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES 65536

// Begins each; places and findings follow, each of these with its program.
struct head {
    uint64_t size;  // of all
    uint32_t branch;
    uint32_t place_count;
    uint32_t found_count;
    struct pp_enumerated_sums sums;
};

struct packed_place {
    struct pp_place place;
    struct pp_place_counts counts;
};

static void reserve(struct pp_parcel *parcel, size_t size) {
    if (parcel->size + size > parcel->capacity) {
        parcel->capacity = (parcel->size + size) * 2;
        parcel->bytes = realloc(parcel->bytes, parcel->capacity);
        pp_expect(parcel->bytes != NULL, "no memory for %zu bytes", parcel->capacity);
    }
}

static void put(struct pp_parcel *parcel, const void *bytes, size_t size) {
    reserve(parcel, size);
    memcpy(parcel->bytes + parcel->size, bytes, size);
    parcel->size += size;
}

void pp_parcel_pack(struct pp_parcel *parcel, uint32_t branch, const struct pp_enumerated *part) {
    struct head head = {.branch = branch, .found_count = part->found_count, .sums = part->sums};

    parcel->size = 0;
    put(parcel, &head, sizeof head);
    for (uint32_t i = 0; i < part->places.count; i++) {
        if (part->places.list[i].reached > 0) {
            const struct packed_place packed = {*pp_place_at(i), part->places.list[i]};
            put(parcel, &packed, sizeof packed);
            head.place_count++;
        }
    }
    for (uint32_t i = 0; i < part->found_count; i++) {
        put(parcel, &part->found[i], sizeof part->found[i]);
        put(parcel, part->found[i].program, part->found[i].size);
    }
    head.size = parcel->size;
    memcpy(parcel->bytes, &head, sizeof head);
}

bool pp_parcel_send(const struct pp_parcel *parcel, int pipe) {
    for (size_t sent = 0; sent < parcel->size;) {
        ssize_t put_count = write(pipe, parcel->bytes + sent, parcel->size - sent);
        if (put_count < 0 && errno != EINTR) {
            return false;
        }
        sent += put_count > 0 ? (size_t)put_count : 0;
    }
    return true;
}

ssize_t pp_parcel_receive(struct pp_parcel *parcel, int pipe) {
    reserve(parcel, PIECE_BYTES);
    memmove(parcel->bytes, parcel->bytes + parcel->taken, parcel->size - parcel->taken);
    parcel->size -= parcel->taken;
    parcel->taken = 0;
    ssize_t got = read(pipe, parcel->bytes + parcel->size, PIECE_BYTES);
    parcel->size += got > 0 ? (size_t)got : 0;
    return got;
}

static void get(struct pp_parcel *parcel, void *bytes, size_t size) {
    memcpy(bytes, parcel->bytes + parcel->taken, size);
    parcel->taken += size;
}

bool pp_parcel_unpack(struct pp_parcel *parcel, uint32_t *ret_branch, struct pp_enumerated *ret_part) {
    struct head head;

    if (parcel->size - parcel->taken < sizeof head) {
        return false;
    }
    memcpy(&head, parcel->bytes + parcel->taken, sizeof head);
    if (parcel->size - parcel->taken < head.size) {
        return false;
    }
    parcel->taken += sizeof head;
    for (uint32_t i = 0; i < head.place_count; i++) {
        struct packed_place packed;
        get(parcel, &packed, sizeof packed);
        *pp_places_at(&ret_part->places, pp_place_add(&packed.place)) = packed.counts;
    }
    for (uint32_t i = 0; i < head.found_count; i++) {
        struct pp_fault_found found;
        get(parcel, &found, sizeof found);
        found.program = parcel->bytes + parcel->taken;
        parcel->taken += found.size;
        pp_enumerated_add_found(ret_part, &found);
    }
    ret_part->sums = head.sums;
    *ret_branch = head.branch;
    return true;
}

void pp_parcel_free(struct pp_parcel *parcel) {
    free(parcel->bytes);
    *parcel = (struct pp_parcel){0};
}
