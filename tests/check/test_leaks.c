// SPDX-License-Identifier: MIT
// Leaks: what is left when the driver is unloaded. The neighbours free late, but in time.
#include "fixture.h"

// === LEAK-NBL, LEAK-NB, LEAK-MDL, LEAK-MEM, POOL-LEAK ===

static NTSTATUS take_one_of_each(void) {
    fixture.kept[0] = fixture_make_nbl_pool(true, 0);
    fixture.kept[1] = fixture_make_nb_pool(0);
    fixture.kept[2] = NdisAllocateNetBufferList(fixture.kept[0], 0, 0);
    fixture.kept[3] = NdisAllocateNetBuffer(fixture.kept[1], NULL, 0, 0);
    fixture.kept[5] = fixture_take_memory(1);
    fixture.kept[4] = NdisAllocateMdl(fixture.protocol, fixture.kept[5], 1);
    return STATUS_SUCCESS;
}

// Gives back all but the objects whose bits are set.
static void give_back_but(unsigned left) {
    if (!(left & 1u << 2)) {
        NdisFreeNetBufferList(fixture.kept[2]);
    }
    if (!(left & 1u << 3)) {
        NdisFreeNetBuffer(fixture.kept[3]);
    }
    if (!(left & 1u << 4)) {
        NdisFreeMdl(fixture.kept[4]);
    }
    if (!(left & 1u << 5)) {
        NdisFreeMemory(fixture.kept[5], 0, 0);
    }
    if (!(left & 1u << 0)) {
        NdisFreeNetBufferListPool(fixture.kept[0]);
    }
    if (!(left & 1u << 1)) {
        NdisFreeNetBufferPool(fixture.kept[1]);
    }
    fixture_reached();
}

static void leave_nothing(void) { give_back_but(0); }
static void leave_nbl_and_pool(void) { give_back_but(1u << 2 | 1u << 0); }
static void leave_nb_and_pool(void) { give_back_but(1u << 3 | 1u << 1); }
static void leave_mdl(void) { give_back_but(1u << 4); }
static void leave_memory(void) { give_back_but(1u << 5); }
static void leave_nbl_pool(void) { give_back_but(1u << 0); }
static void leave_nb_pool(void) { give_back_but(1u << 1); }

// A retreat that had no room has added an MDL, which only an advance gives back.
static NTSTATUS retreat_without_room(void) {
    take_one_of_each();
    NET_BUFFER *nb = fixture.kept[3];
    NdisRetreatNetBufferDataStart(nb, 14, 2, NULL);
    return STATUS_SUCCESS;
}

static void advance_and_leave_nothing(void) {
    NdisAdvanceNetBufferDataStart(fixture.kept[3], 14, TRUE, NULL);
    give_back_but(0);
}

static const struct check_case cases[] = {
    {.rule = "LEAK-NBL",
     .title = "poolproof: LEAK-NBL: NBL never freed, made in DriverEntry",
     .catches = {.load = take_one_of_each, .unload = leave_nbl_and_pool},
     .silent = {.load = take_one_of_each, .unload = leave_nothing}},
    {.rule = "LEAK-NB",
     .title = "poolproof: LEAK-NB: NB never freed, made in DriverEntry",
     .catches = {.load = take_one_of_each, .unload = leave_nb_and_pool},
     .silent = {.load = take_one_of_each, .unload = leave_nothing}},
    {.rule = "LEAK-MDL",
     .title = "poolproof: LEAK-MDL: MDL never freed, made in DriverEntry",
     .catches = {.load = take_one_of_each, .unload = leave_mdl},
     .silent = {.load = take_one_of_each, .unload = leave_nothing}},
    {.rule = "LEAK-MDL",
     .title = "poolproof: LEAK-MDL: MDL never freed, made in DriverEntry",
     .catches = {.load = retreat_without_room, .unload = leave_nothing},
     .silent = {.load = retreat_without_room, .unload = advance_and_leave_nothing}},
    {.rule = "LEAK-MEM",
     .title = "poolproof: LEAK-MEM: memory never freed, made in DriverEntry",
     .catches = {.load = take_one_of_each, .unload = leave_memory},
     .silent = {.load = take_one_of_each, .unload = leave_nothing}},
    {.rule = "POOL-LEAK",
     .title = "poolproof: POOL-LEAK: NBL pool never freed, made in DriverEntry",
     .catches = {.load = take_one_of_each, .unload = leave_nbl_pool},
     .silent = {.load = take_one_of_each, .unload = leave_nothing}},
    {.rule = "POOL-LEAK",
     .title = "poolproof: POOL-LEAK: NB pool never freed, made in DriverEntry",
     .catches = {.load = take_one_of_each, .unload = leave_nb_pool},
     .silent = {.load = take_one_of_each, .unload = leave_nothing}},
};

int main(void) { return CHECK_RUN("leaks", cases); }
