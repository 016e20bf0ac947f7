// SPDX-License-Identifier: MIT
#include "check/place.h"

#include "base/names.h"
#include "base/symbol.h"
#include "base/touch.h"
#include "check/holder.h"
#include "check/report.h"

#include <stdio.h>
#include <wdm.h>

#define THREAD_OBJECT 6  // DISPATCHER_HEADER.Type, as Windows has them
#define MUTANT_OBJECT 2
#define SEMAPHORE_OBJECT 5
#define TIMER_OBJECT 8  // and the next

const char *const pp_place_hold_words[PP_HOLD_COUNT] = {
    [PP_HOLD_MUTEX] = "mutex",
    [PP_HOLD_FAST_MUTEX] = "fast mutex",
    [PP_HOLD_RESOURCE] = "resource",
    [PP_HOLD_RW_LOCK] = "read/write lock",
    [PP_HOLD_SHARED_SPIN_LOCK] = "spin lock",
    [PP_HOLD_SEMAPHORE] = "semaphore",
    [PP_HOLD_RUNDOWN] = "rundown protection",
    [PP_HOLD_REMOVE_LOCK] = "remove lock",
    [PP_HOLD_SPIN_LOCK] = "spin lock",
};

static bool is_on_a_stack(uint64_t address) {
    for (uint32_t i = 0; i < pp_holder_count(); i++) {
        const struct pp_holder *holder = pp_holder_at(i);
        if (address >= holder->stack && address < holder->stack_end) {
            return true;
        }
    }
    return false;
}

// What was allocated says where; `elsewhere` is for what is neither that nor the driver's.
static const char *fill(const char *word, uint64_t address, const char *elsewhere, char *text) {
    const struct pp_object *object = pp_model_holding(address);
    uintptr_t offset;
    const char *variable = pp_symbol_variable(address, &offset);
    if (object != NULL) {
        snprintf(text, PP_PLACE_BYTES, "%s at byte %lu of %s %s", word, address - object->address,
                 pp_object_word(object), pp_name_text(object->address));
    } else if (variable != NULL && offset == 0) {
        snprintf(text, PP_PLACE_BYTES, "%s %.100s", word, variable);
    } else if (variable != NULL) {
        snprintf(text, PP_PLACE_BYTES, "%s at byte %lu of %.100s", word, offset, variable);
    } else if (is_on_a_stack(address)) {
        snprintf(text, PP_PLACE_BYTES, "%s %s, a local variable", word, pp_name_text(address));
    } else if (elsewhere != NULL) {
        snprintf(text, PP_PLACE_BYTES, "%s", elsewhere);
    } else {
        snprintf(text, PP_PLACE_BYTES, "%s %s", word, pp_name_text(address));
    }
    return text;
}

const char *pp_place_of_lock(uint64_t lock, uint8_t kind, char *text) {
    const char *elsewhere = kind == PP_HOLD_SPIN_LOCK ? "the cancel spin lock" : NULL;
    return fill(pp_place_hold_words[kind], lock, elsewhere, text);
}

static const char *word_of(uint64_t object) {
    const DISPATCHER_HEADER *header = (const DISPATCHER_HEADER *)object;
    if (!pp_touch_is_open(header, sizeof(*header))) {
        return "freed event";
    }
    switch (header->Type) {
    case MUTANT_OBJECT: return "mutex";
    case SEMAPHORE_OBJECT: return "semaphore";
    case THREAD_OBJECT: return "thread";
    case TIMER_OBJECT:
    case TIMER_OBJECT + 1: return "timer";
    default: return "event";
    }
}

const char *pp_place_of_object(uint64_t object, char *text) {
    return fill(word_of(object), object, NULL, text);
}
