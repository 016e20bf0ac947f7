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

// Whatever section they are put into.
LONG Tentative;
LONG Common __attribute__((common));
__declspec(allocate("PAGEDATA")) LONG Allocated = 3;
__attribute__((section("NONPAGE$a"))) LONG Attributed = 4;
__attribute__((section(".bss.other"))) LONG AttributedZero;
__attribute__((section(".settings"))) CHAR Text[] = "text";
#pragma data_seg("INITDATA")
LONG InSegment = 6;
#pragma data_seg()
#pragma bss_seg("INITBSS")
LONG InZeroSegment;
#pragma bss_seg()
LONG BehindSegments = 8;
__declspec(align(4096)) static UCHAR Aligned[8192];
static const CHAR *volatile Pointer = "pointer";

static BOOLEAN IsFreshElsewhere(VOID) {
    return Tentative == 0 && Common == 0 && Allocated == 3 && Attributed == 4 && AttributedZero == 0 &&
           Text[0] == 't' && InSegment == 6 && InZeroSegment == 0 && BehindSegments == 8 &&
           Aligned[0] == 0 && Aligned[8191] == 0 && Pointer[0] == 'p';
}

static VOID SpoilElsewhere(VOID) {
    static const CHAR Other[] = "other";
    Tentative = Common = Allocated = Attributed = AttributedZero = InSegment = InZeroSegment = 0x77;
    BehindSegments = 0x77;
    RtlFillMemory(Text, sizeof(Text), 0xEE);
    RtlFillMemory(Aligned, sizeof(Aligned), 0xEE);
    Pointer = Other;
}

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
    if (!IsFresh() || !IsFreshElsewhere() || CountCalls() != 42) {
        KeBugCheckEx(1, 0, 0, 0, 0);
    }
    Spoil();
    SpoilElsewhere();
    return IsFresh() ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
