// SPDX-License-Identifier: MIT
// Spin locks in other words: in-stack queued ones, and lists that are changed under a lock.
#include "base/emit.h"
#include "base/touch.h"

#include <wdm.h>

// === In-stack queued ===

static bool begin(KSPIN_LOCK *lock, KLOCK_QUEUE_HANDLE *handle) {
    if (!pp_touch_write(handle, sizeof(*handle))) {
        return false;
    }
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    return true;
}

VOID KeAcquireInStackQueuedSpinLock(KSPIN_LOCK *SpinLock, KLOCK_QUEUE_HANDLE *LockHandle) {
    if (begin(SpinLock, LockHandle)) {
        LockHandle->OldIrql = KeAcquireSpinLockRaiseToDpc(SpinLock);
    }
}

VOID KeReleaseInStackQueuedSpinLock(KLOCK_QUEUE_HANDLE *LockHandle) {
    if (pp_touch_read(LockHandle, sizeof(*LockHandle))) {
        KeReleaseSpinLock(LockHandle->LockQueue.Lock, LockHandle->OldIrql);
    }
}

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(KSPIN_LOCK *SpinLock, KLOCK_QUEUE_HANDLE *LockHandle) {
    if (begin(SpinLock, LockHandle)) {
        KeAcquireSpinLockAtDpcLevel(SpinLock);
    }
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(KLOCK_QUEUE_HANDLE *LockHandle) {
    if (pp_touch_read(LockHandle, sizeof(*LockHandle))) {
        KeReleaseSpinLockFromDpcLevel(LockHandle->LockQueue.Lock);
    }
}

// === Lists ===

static LIST_ENTRY *insert(LIST_ENTRY *head, LIST_ENTRY *entry, KSPIN_LOCK *lock, bool is_at_tail) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(lock);
    LIST_ENTRY *old = NULL;
    if (pp_touch_write(head, sizeof(*head)) && pp_touch_write(entry, sizeof(*entry)) &&
        pp_touch_write(head->Flink, sizeof(*head)) && pp_touch_write(head->Blink, sizeof(*head))) {
        old = is_at_tail ? head->Blink : head->Flink;
        if (is_at_tail) {
            InsertTailList(head, entry);
        } else {
            InsertHeadList(head, entry);
        }
        old = old == head ? NULL : old;
    }
    KeReleaseSpinLock(lock, irql);
    return old;
}

LIST_ENTRY *ExInterlockedInsertHeadList(LIST_ENTRY *ListHead, LIST_ENTRY *ListEntry, KSPIN_LOCK *Lock) {
    return insert(ListHead, ListEntry, Lock, /*is_at_tail=*/false);
}

LIST_ENTRY *ExInterlockedInsertTailList(LIST_ENTRY *ListHead, LIST_ENTRY *ListEntry, KSPIN_LOCK *Lock) {
    return insert(ListHead, ListEntry, Lock, /*is_at_tail=*/true);
}

LIST_ENTRY *ExInterlockedRemoveHeadList(LIST_ENTRY *ListHead, KSPIN_LOCK *Lock) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
    LIST_ENTRY *first = NULL;
    if (pp_touch_write(ListHead, sizeof(*ListHead)) && ListHead->Flink != ListHead &&
        pp_touch_write(ListHead->Flink, sizeof(*first)) &&
        pp_touch_write(ListHead->Flink->Flink, sizeof(*first))) {
        first = RemoveHeadList(ListHead);
    }
    KeReleaseSpinLock(Lock, irql);
    return first;
}

SINGLE_LIST_ENTRY *ExInterlockedPushEntryList(SINGLE_LIST_ENTRY *ListHead, SINGLE_LIST_ENTRY *ListEntry,
                                              KSPIN_LOCK *Lock) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
    SINGLE_LIST_ENTRY *old = NULL;
    if (pp_touch_write(ListHead, sizeof(*ListHead)) && pp_touch_write(ListEntry, sizeof(*ListEntry))) {
        old = ListHead->Next;
        PushEntryList(ListHead, ListEntry);
    }
    KeReleaseSpinLock(Lock, irql);
    return old;
}

SINGLE_LIST_ENTRY *ExInterlockedPopEntryList(SINGLE_LIST_ENTRY *ListHead, KSPIN_LOCK *Lock) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
    SINGLE_LIST_ENTRY *first = NULL;
    if (pp_touch_write(ListHead, sizeof(*ListHead)) &&
        (ListHead->Next == NULL || pp_touch_read(ListHead->Next, sizeof(*first)))) {
        first = PopEntryList(ListHead);
    }
    KeReleaseSpinLock(Lock, irql);
    return first;
}

ULONG ExInterlockedAddUlong(ULONG *Addend, ULONG Increment, KSPIN_LOCK *Lock) {
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(Lock);
    ULONG old = 0;
    if (pp_touch_write(Addend, sizeof(*Addend))) {
        old = *Addend;
        *Addend += Increment;
    }
    KeReleaseSpinLock(Lock, irql);
    return old;
}
