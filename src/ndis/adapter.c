// SPDX-License-Identifier: MIT
// Network adapters: a name and what a stack above them wants to know.
#include "base/expect.h"
#include "kernel/memory.h"
#include "ndis/binding.h"

static const char pattern[] = "\\\\DEVICE\\{POOLPROOF-000}";
#define PATH_CHARS (sizeof(pattern) - 1)
#define FIRST_DIGIT (PATH_CHARS - 4)

#define ADAPTER_COUNT_MAX PP_PROGRAM_OPS_MAX

struct adapter {
    uint32_t mtu;
    uint32_t backfill;
    WCHAR text[PATH_CHARS];  // a backslash and the name
    UNICODE_STRING path;     // all of it
    UNICODE_STRING name;     // without the first backslash
};

static struct adapter adapters[ADAPTER_COUNT_MAX];
static uint32_t adapter_count;

void pp_adapter_reset(void) { adapter_count = 0; }

void pp_ndis_add_adapter(uint32_t number, uint32_t mtu, uint32_t backfill) {
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
    adapter->mtu = mtu;
    adapter->backfill = backfill;
}

const UNICODE_STRING *pp_ndis_adapter_path(uint32_t adapter) { return &adapters[adapter].path; }

const UNICODE_STRING *pp_adapter_name(uint32_t adapter) { return &adapters[adapter].name; }

uint32_t pp_adapter_mtu(uint32_t adapter) { return adapters[adapter].mtu; }

uint32_t pp_adapter_backfill(uint32_t adapter) { return adapters[adapter].backfill; }

void pp_adapter_mac(uint32_t adapter, UCHAR ret_mac[PP_MAC_BYTES]) {
    static const UCHAR mac[PP_MAC_BYTES] = {0x02, 'p', 'o', 'o', 'l', 0};
    NdisMoveMemory(ret_mac, mac, PP_MAC_BYTES);
    ret_mac[PP_MAC_BYTES - 1] = (UCHAR)adapter;
}
