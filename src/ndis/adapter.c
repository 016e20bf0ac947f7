// SPDX-License-Identifier: MIT
// Network adapters: a name and what a stack above them wants to know.
#include "base/emit.h"
#include "base/expect.h"
#include "base/touch.h"
#include "kernel/level.h"
#include "kernel/memory.h"
#include "kernel/registry.h"
#include "ndis/binding.h"

static const char pattern[] = "\\\\DEVICE\\{706F6F6C-7072-6F6F-6600-000000000000}";
#define PATH_CHARS (sizeof(pattern) - 1)
#define FIRST_DIGIT (PATH_CHARS - 4)

#define ADAPTER_COUNT_MAX PP_PROGRAM_OPS_MAX
#define FIRST_LUID_INDEX 0x8000u  // what the system has itself stands before
#define FIRST_INTERFACE 2u        // behind the loopback

struct adapter {
    struct pp_adapter_traits traits;
    bool is_gone;
    WCHAR text[PATH_CHARS];  // a backslash and the name
    UNICODE_STRING path;     // all of it
    UNICODE_STRING name;     // without the first backslash
};

static struct adapter adapters[ADAPTER_COUNT_MAX];
static uint32_t adapter_count;

void pp_adapter_reset(void) { adapter_count = 0; }

void pp_ndis_add_adapter(uint32_t number, const struct pp_adapter_traits *traits) {
    pp_expect(number == adapter_count && number < ADAPTER_COUNT_MAX, "adapter %u", number);
    struct adapter *adapter = &adapters[adapter_count++];
    for (size_t i = 0; i < PATH_CHARS; i++) {
        adapter->text[i] = (WCHAR)pattern[i];
    }
    adapter->text[FIRST_DIGIT] = (WCHAR)('0' + number / 100);
    adapter->text[FIRST_DIGIT + 1] = (WCHAR)('0' + number / 10 % 10);
    adapter->text[FIRST_DIGIT + 2] = (WCHAR)('0' + number % 10);
    const USHORT bytes = PATH_CHARS * sizeof(WCHAR);
    adapter->path = (UNICODE_STRING){bytes, bytes, adapter->text};
    const USHORT name_bytes = bytes - sizeof(WCHAR);
    adapter->name = (UNICODE_STRING){name_bytes, name_bytes, adapter->text + 1};
    adapter->traits = *traits;
    adapter->is_gone = false;
    pp_registry_add_binding(&adapter->name);
}

const UNICODE_STRING *pp_ndis_adapter_path(uint32_t adapter) {
    static const UNICODE_STRING none;
    return adapter < adapter_count ? &adapters[adapter].path : &none;
}

const UNICODE_STRING *pp_adapter_name(uint32_t adapter) { return &adapters[adapter].name; }

uint32_t pp_adapter_mtu(uint32_t adapter) { return adapters[adapter].traits.mtu; }

uint32_t pp_adapter_backfill(uint32_t adapter) { return adapters[adapter].traits.backfill; }

void pp_adapter_set_needs(uint32_t adapter, uint32_t mtu, uint32_t backfill) {
    adapters[adapter].traits.mtu = mtu;
    adapters[adapter].traits.backfill = backfill;
}

bool pp_adapter_waits_for_filter(uint32_t adapter) { return adapters[adapter].traits.waits_for_filter; }

bool pp_adapter_is_gone(uint32_t adapter) { return adapters[adapter].is_gone; }

void pp_adapter_mac(uint32_t adapter, UCHAR ret_mac[PP_MAC_BYTES]) {
    static const UCHAR mac[PP_MAC_BYTES] = {0x02, 'p', 'o', 'o', 'l', 0};
    NdisMoveMemory(ret_mac, mac, PP_MAC_BYTES);
    ret_mac[PP_MAC_BYTES - 1] = (UCHAR)adapter;
}

NET_LUID pp_adapter_luid(uint32_t adapter) {
    NET_LUID luid = {.Value = 0};
    luid.Info.IfType = IF_TYPE_ETHERNET_CSMACD;
    luid.Info.NetLuidIndex = FIRST_LUID_INDEX + adapter;
    return luid;
}

NET_IFINDEX pp_adapter_interface(uint32_t adapter) { return FIRST_INTERFACE + adapter; }

NDIS_STATUS NdisIfGetInterfaceIndexFromNetLuid(NET_LUID NetLuid, NET_IFINDEX *pIfIndex) {
    pp_switch_point();
    if (!pp_level_at_most(PASSIVE_LEVEL) || !pp_touch_write(pIfIndex, sizeof(*pIfIndex))) {
        return NDIS_STATUS_INTERFACE_NOT_FOUND;
    }
    for (uint32_t i = 0; i < adapter_count; i++) {
        if (!adapters[i].is_gone && pp_adapter_luid(i).Value == NetLuid.Value) {
            *pIfIndex = pp_adapter_interface(i);
            return NDIS_STATUS_SUCCESS;
        }
    }
    return NDIS_STATUS_INTERFACE_NOT_FOUND;
}

void pp_adapter_link_state(NDIS_LINK_STATE *ret_state, bool is_up) {
    *ret_state = (NDIS_LINK_STATE){
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_LINK_STATE_REVISION_1,
                   NDIS_SIZEOF_LINK_STATE_REVISION_1},
        .MediaConnectState = is_up ? MediaConnectStateConnected : MediaConnectStateDisconnected,
        .MediaDuplexState = is_up ? MediaDuplexStateFull : MediaDuplexStateUnknown,
        .XmitLinkSpeed = is_up ? PP_LINK_SPEED : NDIS_LINK_SPEED_UNKNOWN,
        .RcvLinkSpeed = is_up ? PP_LINK_SPEED : NDIS_LINK_SPEED_UNKNOWN,
        .PauseFunctions = NdisPauseFunctionsUnsupported};
}

bool pp_ndis_remove_adapter(uint32_t adapter) {
    if (adapters[adapter].is_gone) {
        return false;
    }
    adapters[adapter].is_gone = true;
    pp_binding_remove_all_of(adapter);
    return true;
}

// === What it is called ===

// In memory that the driver frees.
static NDIS_STATUS give_friendly_name(const struct pp_binding *binding, NDIS_STRING *ret_name) {
    static const char text[] = "poolproof adapter 000";
    const USHORT chars = sizeof(text) - 1;
    if (binding == NULL || !pp_touch_write(ret_name, sizeof(*ret_name))) {
        return NDIS_STATUS_FAILURE;
    }
    WCHAR *name =
        NdisAllocateMemoryWithTagPriority(NULL, chars * sizeof(WCHAR), 'emaN', NormalPoolPriority);
    if (name == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    for (USHORT i = 0; i < chars; i++) {
        name[i] = (WCHAR)text[i];
    }
    const WCHAR *digits = adapters[binding->adapter].text + FIRST_DIGIT;
    NdisMoveMemory(name + chars - 3, digits, 3 * sizeof(WCHAR));
    *ret_name = (NDIS_STRING){chars * sizeof(WCHAR), chars * sizeof(WCHAR), name};
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisQueryAdapterInstanceName(NDIS_STRING *AdapterInstanceName,
                                         NDIS_HANDLE NdisBindingHandle) {
    pp_switch_point();
    if (!PP_EMIT(BINDING_USE, pp_object(NdisBindingHandle))) {
        return NDIS_STATUS_FAILURE;
    }
    return give_friendly_name(pp_binding_of_handle(NdisBindingHandle), AdapterInstanceName);
}

NDIS_STATUS NdisQueryBindInstanceName(NDIS_STRING *pAdapterInstanceName, NDIS_HANDLE BindingContext) {
    pp_switch_point();
    return give_friendly_name(pp_binding_of_bind_context(BindingContext), pAdapterInstanceName);
}
