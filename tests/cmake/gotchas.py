# SPDX-License-Identifier: MIT
"""A driver that is written as Windows lets drivers be written: each line below is what some published driver
does and what a compiler on Linux would refuse, or understand otherwise. Files by name."""

SOURCES = {
    # Found as "..\inc\GOTCHAS.H", with a precompiled header's name in front, and with CRLF.
    "Inc/Gotchas.h": r"""
#pragma once
typedef unsigned long long uint64_t;
typedef signed char int8_t;
#include "Packet.H"

EXTERN_C_START
NTSTATUS NTAPI LogNothing(_In_ PCSTR Format, ...);
EXTERN_C_END

#define LOG(Format, ...) LogNothing(Format, __VA_ARGS__)
#define SIGNATURE 'SGtG'
enum STATE;
static inline FORCEINLINE ULONG Twice(ULONG Value) { return 2 * Value; }
inline ULONG Thrice(ULONG Value) { return 3 * Value; }
""",
    "Inc/packet.h": r"""
#include <pshpack1.h>
typedef struct _PACKET {
    UCHAR Kind;
    union {
        ULONG Number;
        struct _HALVES {
            USHORT Low, High;
        };
    };
    __declspec(align(8)) __int64 Stamp;
} PACKET, UNALIGNED *PPACKET;
#include <poppack.h>
C_ASSERT(FIELD_OFFSET(PACKET, Number) == 1);
struct _COUNTED {
    LIST_ENTRY;
    LONG Count;
    enum { First = -1, Second } Order : 4;
};
""",
    "sys/precomp.h": r"""
#include <NDIS.h>
#include <Ntddk.h>
#include <ntstrsafe.h>
#include "..\inc\GOTCHAS.H"
#include "trace.h"
""",
    "sys/trace.h": r"""
#define WPP_CONTROL_GUIDS WPP_DEFINE_CONTROL_GUID(Gotchas, (1, 2, 3, 4, 5), WPP_DEFINE_BIT(ALL))
// begin_wpp config
// FUNC TraceInfo(LEVEL=TRACE_LEVEL_INFORMATION, MSG, ...);
// end_wpp
""",
    "sys/log.c": r"""
#include "precomp.h"

NTSTATUS NTAPI LogNothing(PCSTR Format, ...) {
    UNREFERENCED_PARAMETER(Format);
    return STATUS_SUCCESS;
}
""",
    "sys/main.c": r"""
#include "precomp.h"
#include "main.tmh"
#pragma NDIS_INIT_FUNCTION(DriverEntry)
#pragma warning(disable : 4201 4214)

#ifdef DBG
#define SAYS "debug"
#else
#define SAYS "release"
#endif
#if DBG
C_ASSERT(DBG == 1);
#endif
#if !defined(_WIN64) || !defined(_AMD64_) || REG_DWORD == REG_DWORD_BIG_ENDIAN
#error a small set is not complete
#endif
#if !NDIS_SUPPORT_NDIS640 || NDIS_SUPPORT_NDIS650
#error the version of the project file does not count
#endif
C_ASSERT(sizeof(WCHAR) == 2 && sizeof(LONG) == 4 && sizeof(L"ab") == 6 && sizeof(ULONG_PTR) == 8);

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, Unload)
static Calls;  // of type int
ULONG Table[] = {SIGNATURE, 'abcd'};
__declspec(selectany) LONG Selected = 1;

static NTSTATUS __stdcall Read(IN PUCHAR Bytes, OUT PULONG Value OPTIONAL, __inout PLONG Sum) {
    __try {
        *Value = *(UNALIGNED ULONG *)(Bytes + 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    __try {
        *Sum += 1;
    } __finally {
        *Sum += AbnormalTermination() ? 100 : 1;
    }
    return STATUS_SUCCESS;
}

static VOID UseBuffers(PMDL Mdl, NET_BUFFER *Nb, PIRP Irp) {
    PUCHAR Address;
    UINT Length;
    NdisQueryMdl(Mdl, &Address, &Length, NormalPagePriority);
    NdisGetNextMdl(Mdl, &Mdl);
    NET_BUFFER_DATA_LENGTH(Nb) += 1;
    NET_BUFFER_CURRENT_MDL(Nb) = NULL;
    Irp->Tail.Overlay.DriverContext[0] = NULL;
    InitializeListHead(&Irp->Tail.Overlay.ListEntry);
    Irp->Cancel = FALSE;
}

_Use_decl_annotations_ VOID Unload(PDRIVER_OBJECT DriverObject) {
    PAGED_CODE();
    TraceInfo("unload %p", DriverObject);
    WPP_CLEANUP(DriverObject);
}

NTSTATUS DriverEntry(IN PDRIVER_OBJECT DriverObject, IN PUNICODE_STRING RegistryPath) {
    static UCHAR Bytes[8] = {0, 1, 2, 3, 4};
    struct _COUNTED Counted = {0};
    PACKET Packet;
    ULONG Value = 0;
    LONG Sum = 0;
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    TraceEvents(TRACE_LEVEL_INFORMATION, ALL, "loaded %wZ", RegistryPath);
    LOG("no argument behind");
    LOG("%d " SAYS, ++Calls);
    ASSERT((Value = 1) == 1);
    Packet.High = 1;
    Counted.Flink = NULL;
    DriverObject->DriverUnload = Unload;
    if (Read(Bytes, &Value, &Sum) != STATUS_SUCCESS || Value != 0x04030201 || Sum != 2 || Calls != 1 ||
        Table[1] != 0x61626364 || Twice(Thrice(1)) != 6 || Selected != 1 || Packet.High != 1) {
        return STATUS_UNSUCCESSFUL;
    }
#ifdef CRASH
    // Folded into a test of the base alone by an optimiser that believes that NULL + 64 cannot be.
    PUCHAR Nothing = (PUCHAR)(ULONG_PTR)Selected - 1, Behind = Nothing + 64;
    if (Behind == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    Behind[0] = 1;
#endif
    return Calls ? STATUS_SUCCESS : (UseBuffers(NULL, NULL, NULL), STATUS_UNSUCCESSFUL);
}
""",
}


def write(folder):
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.lstrip("\n").replace("\n", "\r\n").encode())
