// SPDX-License-Identifier: MIT
// Device interfaces. They belong to devices that a bus has found, of which there are none: nothing can
// be registered, and what is asked for is not there.
#include "base/touch.h"
#include "kernel/level.h"
#include "kernel/unicode.h"

#include <ntddk.h>

#define LIST_TAG 'fIoI'

NTSTATUS IoRegisterDeviceInterface(DEVICE_OBJECT *PhysicalDeviceObject, const GUID *InterfaceClassGuid,
                                   UNICODE_STRING *ReferenceString, UNICODE_STRING *SymbolicLinkName) {
    pp_switch_point();
    if (pp_level_at_most(PASSIVE_LEVEL) &&
        pp_touch_read(PhysicalDeviceObject, sizeof(*PhysicalDeviceObject)) &&
        pp_touch_read(InterfaceClassGuid, sizeof(*InterfaceClassGuid)) &&
        (ReferenceString == NULL || pp_unicode_touch(ReferenceString))) {
        pp_touch_write(SymbolicLinkName, sizeof(*SymbolicLinkName));
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS IoSetDeviceInterfaceState(UNICODE_STRING *SymbolicLinkName, BOOLEAN Enable) {
    (void)Enable;
    pp_switch_point();
    bool is_sound = pp_level_at_most(PASSIVE_LEVEL) && pp_unicode_touch(SymbolicLinkName);
    return is_sound ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_INVALID_PARAMETER;
}

// An empty list, in memory that the driver frees.
NTSTATUS IoGetDeviceInterfaces(const GUID *InterfaceClassGuid, DEVICE_OBJECT *PhysicalDeviceObject,
                               ULONG Flags, PZZWSTR *SymbolicLinkList) {
    (void)Flags;
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) ||
        !pp_touch_read(InterfaceClassGuid, sizeof(*InterfaceClassGuid)) ||
        !pp_touch_write(SymbolicLinkList, sizeof(*SymbolicLinkList)) || PhysicalDeviceObject != NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    WCHAR *list = ExAllocatePoolWithTag(PagedPool, sizeof(WCHAR), LIST_TAG);
    if (list == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *list = 0;
    *SymbolicLinkList = list;
    return STATUS_SUCCESS;
}

NTSTATUS IoGetDeviceInterfaceAlias(UNICODE_STRING *SymbolicLinkName, const GUID *AliasInterfaceClassGuid,
                                   UNICODE_STRING *AliasSymbolicLinkName) {
    pp_switch_point();
    bool is_sound = pp_level_at_most(PASSIVE_LEVEL) && pp_unicode_touch(SymbolicLinkName) &&
                    pp_touch_read(AliasInterfaceClassGuid, sizeof(*AliasInterfaceClassGuid)) &&
                    pp_touch_write(AliasSymbolicLinkName, sizeof(*AliasSymbolicLinkName));
    return is_sound ? STATUS_OBJECT_PATH_NOT_FOUND : STATUS_INVALID_HANDLE;
}
