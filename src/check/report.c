// SPDX-License-Identifier: MIT
#include "check/report.h"

#include "base/exercise.h"
#include "base/names.h"
#include "base/stack.h"
#include "base/symbol.h"
#include "base/text.h"

#include <poolproof/program.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OBJECTS_IN_FULL_MAX 4

const struct pp_rule pp_rules[] = {
#define RULE(name, id, severity, statement, source, symptom) \
    {id, PP_SEVERITY_##severity, statement, source, symptom},
#include "check/rule.def"
#undef RULE
};
const uint32_t pp_rule_count = PP_RULE_COUNT;
_Static_assert(PP_RULE_COUNT <= PP_RULE_COUNT_MAX, "tables by index hold every rule");

static struct pp_range driver_text;
static struct pp_finding finding;
static struct pp_text detail;
static struct pp_trail found_at;
static bool is_strict;
static bool is_reported;
static bool is_open_for_detail;
static uint32_t object_told_count;
static uint32_t advice[PP_RULE_COUNT];

void pp_report_begin(struct pp_range text) {
    driver_text = text;
    is_strict = false;
    is_reported = false;
    is_open_for_detail = false;
    memset(advice, 0, sizeof(advice));
}

void pp_report_be_strict(void) { is_strict = true; }

const struct pp_finding *pp_report_get(void) { return is_reported ? &finding : NULL; }

void pp_report_forget(void) { is_reported = is_open_for_detail = false; }

const uint32_t *pp_report_advice(void) { return advice; }

const char *pp_object_word(const struct pp_object *object) {
    static const char *const words[PP_OBJECT_KIND_COUNT] = {
        "pool", "NBL",  "NB",      "MDL",      "memory", "generic object", "context",
        "IRP",  "data", "binding", "protocol", "device", "symbolic link"};
    if (object->kind == PP_OBJECT_POOL) {
        return object->is_nb_pool ? "NB pool" : "NBL pool";
    }
    if (object->kind == PP_OBJECT_BUFFER && pp_model_object(object->parent)->kind == PP_OBJECT_IRP) {
        return "IRP data";
    }
    return words[object->kind];
}

// Of a return address.
static bool is_driver_code(uintptr_t address) { return pp_range_has(&driver_text, address - 1); }

// The innermost function of the driver, or NULL.
static const char *function_of(const struct pp_trail *trail) {
    for (size_t i = 0; i < trail->depth; i++) {
        uintptr_t address = trail->stack[i];
        const char *name = is_driver_code(address) ? pp_symbol_name(address - 1) : NULL;
        if (name != NULL) {
            return name;
        }
    }
    return NULL;
}

bool pp_report_is_from(const struct pp_event *event, const struct pp_trail *trail) {
    struct pp_trail here;
    here.depth = (uint8_t)pp_stack_take(event, here.stack, PP_STACK_DEPTH);
    const char *function = function_of(&here);
    for (size_t i = 0; i < trail->depth && function != NULL; i++) {
        const char *name = is_driver_code(trail->stack[i]) ? pp_symbol_name(trail->stack[i] - 1) : NULL;
        if (name != NULL && strcmp(name, function) == 0) {
            return true;
        }
    }
    // Without a driver image (its functions are the binary's own) the callback must do.
    return function == NULL && trail->callback == event->callback;
}

const char *pp_report_place(const struct pp_trail *trail) {
    const char *function = function_of(trail);
    return function != NULL ? function : pp_callback_names[trail->callback];
}

static void add_stack(const struct pp_trail *trail) {
    bool has_driver = driver_text.begin != driver_text.end;
    for (size_t i = 0; i < trail->depth; i++) {
        if (!has_driver || is_driver_code(trail->stack[i])) {
            char place[256];
            pp_symbol_describe(trail->stack[i], place, sizeof(place));
            pp_text_add(&detail, "      %s\n", place);
        }
    }
}

static const char *op_text(uint16_t op, char *text, size_t capacity) {
    if (op == PP_OP_NONE) {
        snprintf(text, capacity, "in the tear-down");
    } else {
        snprintf(text, capacity, "by op %u", op);
    }
    return text;
}

static const char *const level_names[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};

static void begin_report(enum pp_rule_index rule, const struct pp_event *event) {
    bool stops = is_strict || pp_rules[rule].severity == PP_SEVERITY_STOP;
    is_open_for_detail = stops && !is_reported;
    pp_exercise_note(PP_EXERCISE_RULE, rule, 0);
    if (!is_open_for_detail) {
        advice[rule] += pp_rules[rule].severity == PP_SEVERITY_COUNT_ONLY;
        return;
    }
    is_reported = true;
    object_told_count = 0;
    finding.rule = &pp_rules[rule];
    finding.op = event->op;
    pp_text_init(&detail, finding.detail, sizeof(finding.detail));
    pp_text_add(&detail, "  rule     %s\n  source   %s\n", finding.rule->statement,
                finding.rule->source);
    char op[32];
    pp_text_add(&detail, "  found    %s, %s, at %s\n", op_text(event->op, op, sizeof(op)),
                pp_callback_names[event->callback], level_names[event->irql <= 2 ? event->irql : 2]);
    found_at.callback = event->callback;
    found_at.depth = (uint8_t)pp_stack_take(event, found_at.stack, PP_STACK_DEPTH);
    add_stack(&found_at);
}

// "A", "A and B", "A, B and C".
static void join_places(const struct pp_trail *const *trails, uint32_t count, char *text,
                        size_t capacity) {
    const char *places[PP_REPORT_PLACES_MAX];
    uint32_t place_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *place = pp_report_place(trails[i]);
        uint32_t at = 0;
        while (at < place_count && strcmp(places[at], place) < 0) {
            at++;
        }
        if (at == place_count || strcmp(places[at], place) != 0) {
            memmove(&places[at + 1], &places[at], (place_count - at) * sizeof(places[0]));
            places[at] = place;
            place_count++;
        }
    }
    size_t length = 0;
    for (uint32_t i = 0; i < place_count && length < capacity; i++) {
        const char *link = i == 0 ? "" : i + 1 == place_count ? " and " : ", ";
        length += (size_t)snprintf(text + length, capacity - length, "%s%s", link, places[i]);
    }
}

void pp_report_places(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                      const struct pp_trail *const *places, uint32_t count) {
    begin_report(rule, event);
    if (is_open_for_detail) {
        char text[sizeof(finding.title)];
        join_places(places, count, text, sizeof(text));
        snprintf(finding.title, sizeof(finding.title), "poolproof: %s: %s in %.120s", finding.rule->id,
                 what, text);
    }
}

void pp_report(enum pp_rule_index rule, const struct pp_event *event, const char *what) {
    begin_report(rule, event);
    if (is_open_for_detail) {
        snprintf(finding.title, sizeof(finding.title), "poolproof: %s: %s in %s", finding.rule->id, what,
                 pp_report_place(&found_at));
    }
}

void pp_report_at(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                  const char *link, const struct pp_trail *place) {
    begin_report(rule, event);
    if (is_open_for_detail) {
        snprintf(finding.title, sizeof(finding.title), "poolproof: %s: %s%s %s", finding.rule->id, what,
                 link, pp_report_place(place));
    }
}

void pp_report_callback(enum pp_rule_index rule, const struct pp_event *event, const char *what,
                        enum pp_callback callback) {
    const struct pp_trail place = {.callback = (uint16_t)callback};
    pp_report_at(rule, event, what, " in", &place);
}

void pp_report_trail(const char *what, const struct pp_trail *trail) {
    if (!is_open_for_detail || (trail->depth == 0 && trail->callback == PP_CALLBACK_NONE)) {
        return;
    }
    char op[32];
    pp_text_add(&detail, "    %s %s, %s\n", what, op_text(trail->op, op, sizeof(op)),
                pp_callback_names[trail->callback]);
    add_stack(trail);
}

void pp_report_object(const struct pp_object *object) {
    if (!is_open_for_detail) {
        return;
    }
    if (object_told_count++ >= OBJECTS_IN_FULL_MAX) {
        pp_text_add(&detail, "  and %s %s\n", pp_object_word(object), pp_name_text(object->address));
        return;
    }
    static const char *const states[2][3] = {{"live", "in flight", "freed"},
                                             {"the driver's", "in flight", "given back"}};
    static const char *const acts[2][2] = {{"made", "freed"}, {"received", "given back"}};
    bool is_received = object->receipt != 0;
    pp_text_add(&detail, "  %s %s: %s\n", pp_object_word(object), pp_name_text(object->address),
                states[is_received][object->state]);
    pp_report_trail(acts[is_received][0], &object->made);
    pp_report_trail("sent", &object->sent);
    pp_report_trail(acts[is_received][1], &object->freed);
}

void pp_report_derived(const struct pp_object *original) {
    for (uint32_t i = 0; i < pp_model_count(); i++) {
        const struct pp_object *object = pp_model_object(i);
        if (object->state != PP_OBJECT_FREED && object->original == pp_model_index(original)) {
            pp_report_object(object);
        }
    }
}

void pp_report_line(const char *format, ...) {
    if (!is_open_for_detail) {
        return;
    }
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    pp_text_add(&detail, "  %s\n", line);
}

bool pp_report_lost(const struct pp_event *event, const struct pp_object *object) {
    char what[96];
    if (pp_model_is_forgotten(object)) {
        pp_report_at(PP_RULE_SC_ALL, event, "NBL of a completion list left alone", ", sent in",
                     &object->sent);
        return true;
    }
    if (object->was_left_behind) {
        pp_report_at(PP_RULE_FREE_NBL_ATTACHED, event, "NB left on an NBL that was freed", ", made in",
                     &object->made);
        return true;
    }
    if (object->is_unwind_due) {
        snprintf(what, sizeof(what), "%s not released after a later allocation failed",
                 pp_object_word(object));
        pp_report_at(PP_RULE_ALLOC_FAIL_UNWIND, event, what, ", made in", &object->made);
        return true;
    }
    return false;
}
