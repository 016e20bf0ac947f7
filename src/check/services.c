// SPDX-License-Identifier: MIT
// Rules about what the kernel does for a driver: timers, DPCs, work items, threads and the like must be
// over before the driver is unloaded or their memory is freed; what was allocated is freed, once.
#include "base/grow.h"
#include "base/names.h"
#include "check/family.h"
#include "check/report.h"
#include "check/store.h"

#include <stdio.h>

// One that is under way, or an object that was allocated.
struct service {
    uint64_t address;
    uint64_t size;  // bytes of it: of an allocated object, or in the driver's memory
    uint8_t kind;   // enum pp_service
    bool is_live;   // allocated objects stay known when they are freed
    struct pp_trail begun;
};

static struct service *services;
static uint32_t service_count;
static uint32_t service_capacity;

struct words {
    const char *word;
    const char *state;  // what it is while it is under way; NULL: it is an allocated object
};

static const struct words words[PP_SERVICE_COUNT] = {
    [PP_SERVICE_TIMER] = {"timer", "set"},
    [PP_SERVICE_DPC] = {"DPC", "queued"},
    [PP_SERVICE_DPC_ROUTINE] = {"DPC routine", "running"},
    [PP_SERVICE_WORK] = {"work item", "queued"},
    [PP_SERVICE_WORK_ROUTINE] = {"work routine", "running"},
    [PP_SERVICE_THREAD] = {"system thread", "running"},
    [PP_SERVICE_LOOKASIDE] = {"lookaside list", "in use"},
    [PP_SERVICE_RESOURCE] = {"resource", "in use"},
    [PP_SERVICE_REGISTRATION] = {"callback", "registered"},
    [PP_SERVICE_TIMER_OBJECT] = {"timer object", NULL},
    [PP_SERVICE_IO_WORK] = {"work item", NULL},
    [PP_SERVICE_NDIS_WORK] = {"work item", NULL},
    [PP_SERVICE_RW_LOCK] = {"read/write lock", NULL},
    [PP_SERVICE_HANDLE] = {"handle", NULL},
    [PP_SERVICE_CONFIGURATION] = {"configuration handle", NULL},
};

void pp_services_reset(void) { service_count = 0; }

// The last one of that kind at the address, or NULL.
static struct service *find(uint64_t address, uint64_t kind) {
    for (uint32_t i = service_count; i > 0; i--) {
        if (services[i - 1].address == address && services[i - 1].kind == kind) {
            return &services[i - 1];
        }
    }
    return NULL;
}

static bool is_live(uint64_t address, uint64_t kind) {
    const struct service *service = find(address, kind);
    return service != NULL && service->is_live;
}

// === What is known ===

// What is made where another one has been freed takes its place.
static void add(const struct pp_event *event) {
    struct service *service = find(event->args[0], event->args[1]);
    if (service == NULL || service->is_live) {
        services = pp_grow(services, &service_capacity, service_count, sizeof(*services));
        service = &services[service_count++];
    }
    service->address = event->args[0];
    service->kind = (uint8_t)event->args[1];
    service->size = event->args[2];
    service->is_live = true;
    pp_store_take_trail(&service->begun, event);
}

static void end(const struct pp_event *event) {
    struct service *service = find(event->args[0], event->args[1]);
    if (service == NULL) {
        return;
    }
    service->is_live = false;
    if (words[service->kind].state != NULL) {
        *service = services[--service_count];
    }
}

static void apply(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_SERVICE_MADE:
        if (event->args[0] != 0) {
            add(event);
        }
        break;
    case PP_EVENT_SERVICE_BEGIN: add(event); break;
    case PP_EVENT_SERVICE_FREE:
        if (words[event->args[1]].state == NULL) {
            end(event);
        }
        break;
    case PP_EVENT_SERVICE_END: end(event); break;
    default: break;
    }
}

// === Judgement ===

static void judge_unload(const struct pp_event *event) {
    for (uint32_t i = 0; i < service_count && pp_report_get() == NULL; i++) {
        const struct service *service = &services[i];
        const struct words *word = &words[service->kind];
        char what[96];
        if (!service->is_live) {
            continue;
        }
        if (word->state != NULL) {
            snprintf(what, sizeof(what), "%s still %s when the driver is unloaded", word->word,
                     word->state);
            pp_report_at(PP_RULE_UNLOAD_ACTIVE, event, what, ", begun in", &service->begun);
        } else {
            snprintf(what, sizeof(what), "%s never freed", word->word);
            pp_report_at(PP_RULE_LEAK_OBJECT, event, what, ", made in", &service->begun);
        }
    }
}

static bool needs_memory(const struct service *service) {
    return service->is_live && service->size > 0 && words[service->kind].state != NULL;
}

// What is under way in these bytes, or NULL.
static const struct service *find_inside(uint64_t address, uint64_t size) {
    for (uint32_t i = 0; i < service_count; i++) {
        if (needs_memory(&services[i]) && services[i].address - address < size) {
            return &services[i];
        }
    }
    return NULL;
}

static void judge_memory(const struct pp_event *event) {
    const struct pp_object *memory = pp_model_at(event->args[0]);
    const struct service *service = memory != NULL ? find_inside(memory->address, memory->size) : NULL;
    if (service != NULL) {
        char what[96];
        snprintf(what, sizeof(what), "%s with a %s in it that is %s",
                 memory->kind == PP_OBJECT_DEVICE ? "device deleted" : "memory freed",
                 words[service->kind].word, words[service->kind].state);
        pp_report(PP_RULE_ACTIVE_FREED, event, what);
        pp_report_object(memory);
    }
}

// A handle or an address that the driver got when it made the object.
static void judge_handle(const struct pp_event *event) {
    const struct words *word = &words[event->args[1]];
    const struct service *service = find(event->args[0], event->args[1]);
    bool is_free = event->kind == PP_EVENT_SERVICE_FREE;
    char what[96];
    if (service == NULL) {
        snprintf(what, sizeof(what), "%s instead of a %s",
                 event->args[0] == 0 ? "NULL" : "something else", word->word);
    } else if (!service->is_live) {
        snprintf(what, sizeof(what), "%s %s", word->word,
                 is_free ? "freed again" : "used after it was freed");
    } else {
        return;
    }
    pp_report(PP_RULE_OBJECT_HANDLE, event, what);
}

// A timer of NDIS has a DPC, which is queued when its time has come.
static void judge_timer_object(const struct pp_event *event) {
    const struct service *object = find(event->args[0], PP_SERVICE_TIMER_OBJECT);
    const struct service *inside =
        object != NULL && object->is_live ? find_inside(object->address, object->size) : NULL;
    if (inside == NULL) {
        judge_handle(event);
    } else {
        pp_report(PP_RULE_ACTIVE_FREED, event,
                  inside->kind == PP_SERVICE_TIMER ? "timer object freed that is set"
                                                   : "timer object freed whose function is due");
    }
}

static void judge_free(const struct pp_event *event) {
    if (event->args[1] == PP_SERVICE_TIMER_OBJECT) {
        judge_timer_object(event);
    } else if (is_live(event->args[0], PP_SERVICE_WORK)) {
        pp_report(PP_RULE_ACTIVE_FREED, event, "work item freed that is queued");
    } else if (event->args[1] != PP_SERVICE_WORK) {
        judge_handle(event);
    }
}

static void judge_init(const struct pp_event *event) {
    char what[96];
    if (is_live(event->args[0], event->args[1])) {
        snprintf(what, sizeof(what), "%s initialised while it is %s", words[event->args[1]].word,
                 words[event->args[1]].state);
        pp_report(PP_RULE_OBJECT_INIT, event, what);
    } else if (event->args[2] != 0) {
        pp_report(PP_RULE_OBJECT_INIT, event, "object initialised while a thread waits for it");
    }
}

void pp_check_services(const struct pp_event *event) {
    switch (event->kind) {
    case PP_EVENT_UNLOADED: judge_unload(event); break;
    case PP_EVENT_DEVICE_GONE:
    case PP_EVENT_MEMORY_FREE: judge_memory(event); break;
    case PP_EVENT_SERVICE_USE: judge_handle(event); break;
    case PP_EVENT_SERVICE_FREE: judge_free(event); break;
    case PP_EVENT_SERVICE_INIT: judge_init(event); break;
    case PP_EVENT_SERVICE_GARBAGE:
        pp_report(PP_RULE_OBJECT_INIT, event, "object used that was never initialised");
        break;
    case PP_EVENT_SERVICE_BEGIN:
        if (event->args[1] == PP_SERVICE_WORK && is_live(event->args[0], PP_SERVICE_WORK)) {
            pp_report(PP_RULE_WORK_TWICE, event, "work item queued that is queued already");
        }
        break;
    default: break;
    }
    if (pp_report_get() == NULL) {
        apply(event);
    }
}
