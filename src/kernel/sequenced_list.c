// SPDX-License-Identifier: MIT
// Sequenced lists. What a driver's own code did here, others could interrupt.
#include "base/emit.h"
#include "base/touch.h"

#include <wdm.h>

USHORT QueryDepthSList(const SLIST_HEADER *ListHead) {
    pp_switch_point();
    return pp_touch_read(ListHead, sizeof(*ListHead)) ? (USHORT)ListHead->PpDepth : 0;
}

SLIST_ENTRY *InterlockedPushEntrySList(SLIST_HEADER *ListHead, SLIST_ENTRY *Entry) {
    pp_switch_point();
    if (!pp_touch_write(ListHead, sizeof(*ListHead)) || !pp_touch_write(Entry, sizeof(Entry->Next))) {
        return NULL;
    }
    SLIST_ENTRY *first = ListHead->PpFirst;
    Entry->Next = first;
    ListHead->PpFirst = Entry;
    ListHead->PpDepth++;
    ListHead->PpChanges++;
    return first;
}

SLIST_ENTRY *InterlockedPopEntrySList(SLIST_HEADER *ListHead) {
    pp_switch_point();
    if (!pp_touch_write(ListHead, sizeof(*ListHead)) || ListHead->PpFirst == NULL ||
        !pp_touch_read(ListHead->PpFirst, sizeof(ListHead->PpFirst->Next))) {
        return NULL;
    }
    SLIST_ENTRY *first = ListHead->PpFirst;
    ListHead->PpFirst = first->Next;
    ListHead->PpDepth--;
    ListHead->PpChanges++;
    return first;
}

SLIST_ENTRY *InterlockedFlushSList(SLIST_HEADER *ListHead) {
    pp_switch_point();
    if (!pp_touch_write(ListHead, sizeof(*ListHead))) {
        return NULL;
    }
    SLIST_ENTRY *first = ListHead->PpFirst;
    ListHead->PpFirst = NULL;
    ListHead->PpDepth = 0;
    return first;
}
