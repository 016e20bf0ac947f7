// SPDX-License-Identifier: MIT
// A gate lets in whoever comes while it is open. Closed, it is waited for until those inside have left,
// and can be opened again. While it is open it is inside itself: so one side only finds that it was the
// last.
#include "tap.h"

_Use_decl_annotations_ VOID TapInitializeGate(TAP_GATE *Gate) {
    RtlZeroMemory(Gate, sizeof(*Gate));
    KeInitializeSpinLock(&Gate->Lock);
    KeInitializeEvent(&Gate->Empty, NotificationEvent, FALSE);
}

_Use_decl_annotations_ VOID TapOpenGate(TAP_GATE *Gate) {
    KIRQL OldIrql;

    KeClearEvent(&Gate->Empty);
    KeAcquireSpinLock(&Gate->Lock, &OldIrql);
    Gate->IsOpen = TRUE;
    Gate->Inside = 1;
    KeReleaseSpinLock(&Gate->Lock, OldIrql);
}

_Use_decl_annotations_ BOOLEAN TapEnterGate(TAP_GATE *Gate) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Gate->Lock, &OldIrql);
    BOOLEAN IsOpen = Gate->IsOpen;
    Gate->Inside += IsOpen ? 1 : 0;
    KeReleaseSpinLock(&Gate->Lock, OldIrql);
    return IsOpen;
}

// What the gate guards may be gone when this returns, and the gate with it.
_Use_decl_annotations_ VOID TapLeaveGate(TAP_GATE *Gate) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Gate->Lock, &OldIrql);
    BOOLEAN IsLast = --Gate->Inside == 0;
    KeReleaseSpinLock(&Gate->Lock, OldIrql);
    if (IsLast) {
        KeSetEvent(&Gate->Empty, IO_NO_INCREMENT, FALSE);
    }
}

_Use_decl_annotations_ VOID TapCloseGate(TAP_GATE *Gate) {
    KIRQL OldIrql;

    KeAcquireSpinLock(&Gate->Lock, &OldIrql);
    BOOLEAN MustWait = Gate->IsOpen && --Gate->Inside != 0;
    Gate->IsOpen = FALSE;
    KeReleaseSpinLock(&Gate->Lock, OldIrql);
    if (MustWait) {
        KeWaitForSingleObject(&Gate->Empty, Executive, KernelMode, FALSE, NULL);
    }
}
