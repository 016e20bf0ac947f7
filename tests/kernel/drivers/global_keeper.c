// SPDX-License-Identifier: MIT
// A driver that looks whether its globals are those of a freshly loaded image, and then spoils them all.
#include <ntddk.h>

#pragma warning(disable : 4100)  // unreferenced formal parameter

typedef struct _RECORD {
    LONG Number;
    const char *Name;
    struct _RECORD *Next;
} RECORD;

DRIVER_INITIALIZE DriverEntry;

static RECORD Second = {2, "second", NULL};
static RECORD First = {1, "first", &Second};  // holds addresses
static ULONG Table[300] = {7, 7, 7};
static UCHAR Odd[13] = {1};
LONG Global = 5;
LONG Zero;
static LONGLONG Zeroes[400];
static UCHAR OddZeroes[7];

static BOOLEAN IsFresh(VOID) {
    for (ULONG i = 0; i < ARRAYSIZE(Zeroes); i++) {
        if (Zeroes[i] != 0) {
            return FALSE;
        }
    }
    return First.Number == 1 && First.Next == &Second && First.Name[0] == 'f' && Second.Number == 2 &&
           Second.Next == NULL && Table[2] == 7 && Table[299] == 0 && Odd[0] == 1 && Odd[12] == 0 &&
           Global == 5 && Zero == 0 && OddZeroes[6] == 0;
}

static LONG CountCalls(VOID) {
    static LONG Calls = 41;
    return ++Calls;
}

static VOID Spoil(VOID) {
    RtlFillMemory(&First, sizeof(First), 0xEE);
    RtlFillMemory(&Second, sizeof(Second), 0xEE);
    RtlFillMemory(Table, sizeof(Table), 0xEE);
    RtlFillMemory(Odd, sizeof(Odd), 0xEE);
    RtlFillMemory(Zeroes, sizeof(Zeroes), 0xEE);
    RtlFillMemory(OddZeroes, sizeof(OddZeroes), 0xEE);
    Global = Zero = 0x77;
}

_Use_decl_annotations_ NTSTATUS DriverEntry(DRIVER_OBJECT *DriverObject, UNICODE_STRING *RegistryPath) {
    if (!IsFresh() || CountCalls() != 42) {
        KeBugCheckEx(1, 0, 0, 0, 0);
    }
    Spoil();
    return IsFresh() ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
