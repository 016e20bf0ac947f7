// SPDX-License-Identifier: MIT
// Lookaside lists. Nothing is looked aside here: each entry is memory of its own, so that what is used
// after it was freed is found.
#include "base/emit.h"
#include "base/touch.h"
#include "faults/injector.h"
#include "kernel/level.h"

#include <ndis.h>
#include <string.h>

static bool init(void *lookaside, size_t size) {
    pp_switch_point();
    if (!pp_level_at_most(DISPATCH_LEVEL) || !pp_touch_write(lookaside, size) ||
        !PP_EMIT(SERVICE_INIT, pp_object(lookaside), PP_SERVICE_LOOKASIDE, 0)) {
        return false;
    }
    memset(lookaside, 0, size);
    PP_EMIT(SERVICE_BEGIN, pp_object(lookaside), PP_SERVICE_LOOKASIDE, size);
    return true;
}

static bool use(void *lookaside, size_t size) {
    pp_switch_point();
    return pp_level_at_most(DISPATCH_LEVEL) && pp_touch_write(lookaside, size) &&
           PP_EMIT(SERVICE_USE, pp_object(lookaside), PP_SERVICE_LOOKASIDE);
}

static void end(void *lookaside, size_t size) {
    pp_switch_point();
    if (pp_level_at_most(DISPATCH_LEVEL) && pp_touch_write(lookaside, size) &&
        PP_EMIT(SERVICE_FREE, pp_object(lookaside), PP_SERVICE_LOOKASIDE)) {
        PP_EMIT(SERVICE_END, pp_object(lookaside), PP_SERVICE_LOOKASIDE);
    }
}

// === Nonpaged ===

VOID ExInitializeNPagedLookasideList(NPAGED_LOOKASIDE_LIST *Lookaside, PALLOCATE_FUNCTION Allocate,
                                     PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                     USHORT Depth) {
    (void)Flags;
    (void)Depth;
    if (init(Lookaside, sizeof(*Lookaside))) {
        Lookaside->L.Allocate = Allocate;
        Lookaside->L.Free = Free;
        Lookaside->L.Size = (ULONG)Size;
        Lookaside->L.Tag = Tag;
    }
}

VOID NdisInitializeNPagedLookasideList(NPAGED_LOOKASIDE_LIST *Lookaside, PALLOCATE_FUNCTION Allocate,
                                       PFREE_FUNCTION Free, ULONG Flags, ULONG Size, ULONG Tag,
                                       USHORT Depth) {
    ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags, Size, Tag, Depth);
}

VOID ExDeleteNPagedLookasideList(NPAGED_LOOKASIDE_LIST *Lookaside) {
    end(Lookaside, sizeof(*Lookaside));
}

PVOID ExAllocateFromNPagedLookasideList(NPAGED_LOOKASIDE_LIST *Lookaside) {
    if (!use(Lookaside, sizeof(*Lookaside))) {
        return NULL;
    }
    const GENERAL_LOOKASIDE *list = &Lookaside->L;
    if (list->Allocate == NULL) {
        return ExAllocatePoolWithTag(NonPagedPoolNx, list->Size, list->Tag);
    }
    return list->Allocate(NonPagedPoolNx, list->Size, list->Tag);
}

VOID ExFreeToNPagedLookasideList(NPAGED_LOOKASIDE_LIST *Lookaside, PVOID Entry) {
    if (!use(Lookaside, sizeof(*Lookaside))) {
        return;
    }
    if (Lookaside->L.Free == NULL) {
        ExFreePoolWithTag(Entry, Lookaside->L.Tag);
    } else {
        Lookaside->L.Free(Entry);
    }
}

// === Of either kind of pool ===

NTSTATUS ExInitializeLookasideListEx(LOOKASIDE_LIST_EX *Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                     PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags,
                                     SIZE_T Size, ULONG Tag, USHORT Depth) {
    (void)Flags;
    (void)Depth;
    if (pp_fault_fires(PP_POINT_LOOKASIDE_CREATE)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!init(Lookaside, sizeof(*Lookaside))) {
        return STATUS_INVALID_PARAMETER;
    }
    Lookaside->L.AllocateEx = Allocate;
    Lookaside->L.FreeEx = Free;
    Lookaside->L.Type = PoolType;
    Lookaside->L.Size = (ULONG)Size;
    Lookaside->L.Tag = Tag;
    return STATUS_SUCCESS;
}

VOID ExDeleteLookasideListEx(LOOKASIDE_LIST_EX *Lookaside) { end(Lookaside, sizeof(*Lookaside)); }

VOID ExFlushLookasideListEx(LOOKASIDE_LIST_EX *Lookaside) { use(Lookaside, sizeof(*Lookaside)); }

PVOID ExAllocateFromLookasideListEx(LOOKASIDE_LIST_EX *Lookaside) {
    if (!use(Lookaside, sizeof(*Lookaside))) {
        return NULL;
    }
    const GENERAL_LOOKASIDE_POOL *list = &Lookaside->L;
    if (list->AllocateEx == NULL) {
        return ExAllocatePoolWithTag(list->Type, list->Size, list->Tag);
    }
    return list->AllocateEx(list->Type, list->Size, list->Tag, Lookaside);
}

VOID ExFreeToLookasideListEx(LOOKASIDE_LIST_EX *Lookaside, PVOID Entry) {
    if (!use(Lookaside, sizeof(*Lookaside))) {
        return;
    }
    if (Lookaside->L.FreeEx == NULL) {
        ExFreePoolWithTag(Entry, Lookaside->L.Tag);
    } else {
        Lookaside->L.FreeEx(Entry, Lookaside);
    }
}
