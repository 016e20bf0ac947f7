// SPDX-License-Identifier: MIT
#include "run/trace.h"

#include "base/names.h"

#include <poolproof/program.h>
#include <ndis.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define KEPT_COUNT 128u  // events: they stay in the cache; more are folded into the digest and forgotten

// An event without anything that may differ between equal runs. Its members are in another order than
// there: the event was written just now, one by one, and a load of two of them at once would have to
// wait for that.
struct entry {
    uint16_t kind;
    uint16_t callback;
    uint16_t op;
    uint16_t irql;
    uint32_t args[PP_EVENT_ARGS_MAX];  // objects: the name; numbers folded
};

static struct entry entries[KEPT_COUNT];
static uint32_t event_count;
static uint64_t digest_so_far;

void pp_trace_begin(void) {
    event_count = 0;
    digest_so_far = 0;
    pp_name_reset();
}

static void name_if_made(enum pp_name_kind kind, uint64_t address) {
    if (address != 0) {
        pp_name_give(kind, address);
    }
}

// Those of its NBs; its MDLs have no part in any event.
static void name_derived(const NET_BUFFER_LIST *nbl) {
    name_if_made(PP_NAME_NBL, (uintptr_t)nbl);
    for (const NET_BUFFER *nb = nbl != NULL ? nbl->FirstNetBuffer : NULL; nb != NULL; nb = nb->Next) {
        name_if_made(PP_NAME_NB, (uintptr_t)nb);
    }
}

static void name_received(const NET_BUFFER_LIST *nbl) {
    for (; nbl != NULL; nbl = nbl->Next) {
        name_derived(nbl);
    }
}

static void give_names(const struct pp_event *event) {
    const uint64_t *args = event->args;
    switch (event->kind) {
    case PP_EVENT_NBL_POOL_MADE:
    case PP_EVENT_NB_POOL_MADE: name_if_made(PP_NAME_POOL, args[0]); break;
    case PP_EVENT_NBL_MADE:
        name_if_made(PP_NAME_NBL, args[0]);
        name_if_made(PP_NAME_NB, args[2]);
        name_if_made(PP_NAME_MDL, args[3]);
        break;
    case PP_EVENT_NB_MADE:
        name_if_made(PP_NAME_NB, args[0]);
        name_if_made(PP_NAME_MDL, args[2]);
        break;
    case PP_EVENT_DERIVED: name_derived((const NET_BUFFER_LIST *)args[0]); break;
    case PP_EVENT_INDICATE: name_received((const NET_BUFFER_LIST *)args[1]); break;
    case PP_EVENT_OBJECT_MADE: name_if_made(PP_NAME_GENERIC, args[0]); break;
    case PP_EVENT_MDL_MADE: name_if_made(PP_NAME_MDL, args[0]); break;
    case PP_EVENT_MDL_ADDED:
        if (args[2] == 0) {
            name_if_made(PP_NAME_MDL, args[1]);
        }
        break;
    case PP_EVENT_MEMORY_MADE: name_if_made(PP_NAME_MEMORY, args[0]); break;
    case PP_EVENT_REGISTERED: name_if_made(PP_NAME_PROTOCOL, args[0]); break;
    case PP_EVENT_BINDING_BEGIN: pp_name_give_serial(PP_NAME_BINDING, args[0], (uint32_t)args[1]); break;
    case PP_EVENT_IRP_MADE: name_if_made(PP_NAME_IRP, args[0]); break;
    case PP_EVENT_IRP_PART:
        if (args[1] != 0) {
            name_if_made(PP_NAME_MDL, args[2]);
        }
        break;
    case PP_EVENT_PNP_EVENT: pp_name_give(PP_NAME_PNP, args[1]); break;
    case PP_EVENT_OID:
        if (args[1] != 0 && pp_name_code(args[1]) == PP_NAME_NONE) {
            pp_name_give(PP_NAME_OID, args[1]);
        }
        break;
    case PP_EVENT_DEVICE_MADE: name_if_made(PP_NAME_DEVICE, args[0]); break;
    case PP_EVENT_LINK_MADE: name_if_made(PP_NAME_LINK, args[0]); break;
    case PP_EVENT_WAIT:
    case PP_EVENT_EVENT_SET:
    case PP_EVENT_LOCK_ACQUIRE:
    case PP_EVENT_HOLD:
    case PP_EVENT_SERVICE_MADE:
    case PP_EVENT_SERVICE_BEGIN:
    case PP_EVENT_SERVICE_INIT:
        if (pp_name_code(args[0]) == PP_NAME_NONE) {
            name_if_made(PP_NAME_EVENT, args[0]);
        }
        break;
    default: break;
    }
}

static uint64_t fold(const struct entry *first, uint32_t count) {
    return XXH3_64bits_withSeed(first, count * sizeof(*first), digest_so_far);
}

void pp_trace_add(const struct pp_event *event) {
    give_names(event);
    struct entry *entry = &entries[event_count % KEPT_COUNT];
    entry->kind = event->kind;
    entry->callback = event->callback;
    entry->op = event->op;
    entry->irql = event->irql;
    const char *letter = pp_event_infos[event->kind].args;
    for (size_t i = 0; i < PP_EVENT_ARGS_MAX; i++) {
        uint32_t value = 0;
        if (*letter != '\0') {
            uint64_t arg = event->args[i];
            value = *letter++ == 'o' ? pp_name_code(arg) : (uint32_t)(arg ^ arg >> 32);
        }
        entry->args[i] = value;
    }
    event_count++;
    if (event_count % KEPT_COUNT == 0) {
        digest_so_far = fold(entries, KEPT_COUNT);
    }
}

uint64_t pp_trace_digest(void) { return fold(entries, event_count % KEPT_COUNT); }

uint32_t pp_trace_event_count(void) { return event_count; }

static const char *status_word(uint32_t status) {
    for (uint32_t i = 0; i < PP_STATUS_COUNT; i++) {
        if (pp_status_values[i] == status) {
            return pp_status_words[i];
        }
    }
    return NULL;
}

static void print_arg(struct pp_text *text, char letter, uint32_t value) {
    const char *word = NULL;
    switch (letter) {
    case 'o': pp_text_add(text, " %s", pp_name_print(value)); return;
    case 'z': pp_text_add(text, " %u+%u", (uint16_t)value, value >> PP_BACKFILL_SHIFT); return;
    case 's': word = status_word(value); break;
    case 'c': word = pp_callback_names[value]; break;
    case 'k': word = pp_op_infos[value].word; break;
    case 'p': word = pp_point_infos[value].name; break;
    case 'q': word = pp_outcome_infos[value].name; break;
    default: pp_text_add(text, " %u", value); return;
    }
    if (word != NULL) {
        pp_text_add(text, " %s", word);
    } else {
        pp_text_add(text, " 0x%X", value);
    }
}

void pp_trace_print(struct pp_text *text, uint32_t count) {
    uint32_t first = event_count > count ? event_count - count : 0;
    for (uint32_t i = first; i < event_count; i++) {
        const struct entry *entry = &entries[i % KEPT_COUNT];
        const struct pp_event_info *info = &pp_event_infos[entry->kind];
        if (entry->op == PP_OP_NONE) {
            pp_text_add(text, "  %5u    -  %s", i, info->name);
        } else {
            pp_text_add(text, "  %5u  %3u  %s", i, entry->op, info->name);
        }
        for (size_t k = 0; info->args[k] != '\0'; k++) {
            print_arg(text, info->args[k], entry->args[k]);
        }
        pp_text_add(text, "\n");
    }
}
