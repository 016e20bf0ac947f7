// SPDX-License-Identifier: MIT
#include "kernel/service.h"

#include "base/emit.h"
#include "faults/injector.h"
#include "kernel/memory.h"

#include <string.h>

void *pp_service_take(enum pp_service service, size_t size) {
    void *object = pp_arena_take(size, (uint16_t)(PP_USE_SERVICE + service));
    if (object != NULL) {
        memset(object, 0, size);
    }
    return object;
}

void *pp_service_make(enum pp_service service, enum pp_point point, size_t size) {
    void *object = pp_fault_fires(point) ? NULL : pp_service_take(service, size);
    PP_EMIT(SERVICE_MADE, pp_object(object), service, size);
    return object;
}

static bool is_live(const void *object, enum pp_service service) {
    return pp_arena_is(object, (uint16_t)(PP_USE_SERVICE + service));
}

bool pp_service_use(const void *object, enum pp_service service) {
    return PP_EMIT(SERVICE_USE, pp_object(object), service) && is_live(object, service);
}

bool pp_service_end(const void *object, enum pp_service service) {
    return PP_EMIT(SERVICE_FREE, pp_object(object), service) && is_live(object, service);
}

void pp_service_give(void *object) { pp_arena_give(object); }
