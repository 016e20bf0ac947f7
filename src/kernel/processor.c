// SPDX-License-Identifier: MIT
// Processors and versions: one group of two processors, Windows 11 21H2 with NDIS 6.85. A fiber is on
// the processor of its number, all the time.
#include "base/emit.h"
#include "base/touch.h"
#include "kernel/schedule.h"

#include <ndis.h>

#define PROCESSOR_COUNT 2u
#define ALL_PROCESSORS ((1u << PROCESSOR_COUNT) - 1)

#define OS_BUILD 22000u
#define OS_VERSION 0x0A00000Bu  // NTDDI_WIN10_CO
#define NDIS_VERSION 0x60055u   // major and minor, 16 bits each

static ULONG current(void) { return pp_schedule_current()->number % PROCESSOR_COUNT; }

static bool is_group(USHORT group) { return group == 0 || group == ALL_PROCESSOR_GROUPS; }

static void set_affinity(KAFFINITY *ret_affinity) {
    pp_switch_point();
    if (ret_affinity != NULL && pp_touch_write(ret_affinity, sizeof(*ret_affinity))) {
        *ret_affinity = ALL_PROCESSORS;
    }
}

ULONG KeGetCurrentProcessorNumberEx(PROCESSOR_NUMBER *ProcNumber) {
    pp_switch_point();
    if (ProcNumber != NULL && pp_touch_write(ProcNumber, sizeof(*ProcNumber))) {
        *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)current()};
    }
    return current();
}

ULONG KeGetCurrentProcessorNumber(VOID) { return current(); }

ULONG KeQueryActiveProcessorCount(KAFFINITY *ActiveProcessors) {
    set_affinity(ActiveProcessors);
    return PROCESSOR_COUNT;
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) {
    return is_group(GroupNumber) ? PROCESSOR_COUNT : 0;
}

ULONG KeQueryMaximumProcessorCount(VOID) { return PROCESSOR_COUNT; }

ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) {
    return KeQueryActiveProcessorCountEx(GroupNumber);
}

USHORT KeQueryActiveGroupCount(VOID) { return 1; }

ULONG KeGetProcessorIndexFromNumber(PROCESSOR_NUMBER *ProcNumber) {
    bool is_there = pp_touch_read(ProcNumber, sizeof(*ProcNumber)) && ProcNumber->Group == 0 &&
                    ProcNumber->Number < PROCESSOR_COUNT;
    return is_there ? ProcNumber->Number : MAXULONG;
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PROCESSOR_NUMBER *ProcNumber) {
    if (ProcIndex >= PROCESSOR_COUNT || !pp_touch_write(ProcNumber, sizeof(*ProcNumber))) {
        return STATUS_INVALID_PARAMETER;
    }
    *ProcNumber = (PROCESSOR_NUMBER){.Number = (UCHAR)ProcIndex};
    return STATUS_SUCCESS;
}

CCHAR NdisSystemProcessorCount(VOID) { return PROCESSOR_COUNT; }

ULONG NdisSystemActiveProcessorCount(KAFFINITY *ActiveProcessors) {
    return KeQueryActiveProcessorCount(ActiveProcessors);
}

ULONG NdisGroupActiveProcessorCount(USHORT Group) { return KeQueryActiveProcessorCountEx(Group); }

ULONG NdisGroupMaxProcessorCount(USHORT Group) { return KeQueryActiveProcessorCountEx(Group); }

ULONG NdisCurrentProcessorIndex(VOID) { return current(); }

// === Versions ===

UINT NdisGetVersion(VOID) { return NDIS_VERSION; }

BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version) { return Version <= OS_VERSION; }

NTSTATUS RtlGetVersion(RTL_OSVERSIONINFOW *VersionInformation) {
    pp_switch_point();
    if (!pp_touch_write(VersionInformation, sizeof(*VersionInformation))) {
        return STATUS_INVALID_PARAMETER;
    }
    VersionInformation->dwMajorVersion = 10;
    VersionInformation->dwMinorVersion = 0;
    VersionInformation->dwBuildNumber = OS_BUILD;
    VersionInformation->dwPlatformId = 2;  // VER_PLATFORM_WIN32_NT
    VersionInformation->szCSDVersion[0] = 0;
    return STATUS_SUCCESS;
}
