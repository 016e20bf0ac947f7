// SPDX-License-Identifier: MIT
// pp_differ: an empty world, the program's ops on the pool and on the model, the ending, the verdict.
//
// After each op what it returned and everything that hangs on the objects that it names is held against
// the model; everything that lives when the program ends. An op can only change what it names and what
// hangs on that, so what a pool does wrong is seen there at once, and elsewhere at the end.
#include "differ/player.h"

#include "base/emit.h"
#include "base/exercise.h"
#include "base/guard.h"
#include "check/check.h"
#include "faults/injector.h"
#include "pool/pool.h"
#include "run/trace.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct pp_play pp_play;
struct pp_places pp_places;

// By index of pp_rules: broken as expected, and advice counted so far.
static uint32_t broken[PP_RULE_COUNT_MAX], advice[PP_RULE_COUNT_MAX];

const uint32_t *pp_differ_broken(void) { return broken; }

// === Rules ===

static void mix(uint64_t value) {
    pp_play.digest = (pp_play.digest ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    pp_play.digest ^= pp_play.digest >> 29;
}

static bool on_event(const struct pp_event *event) {
    pp_play.event_count++;
    mix(event->kind);
    if (pp_play.is_traced) {
        pp_trace_add(event);
    }
    if (pp_play.options.without_rules) {
        return true;
    }
    const struct pp_finding *finding = pp_check_event(event);
    if (finding == NULL) {
        return true;
    }
    const struct pp_rule *rule = finding->rule;
    if (pp_play.reported_count < sizeof(pp_play.reported) / sizeof(pp_play.reported[0])) {
        pp_play.reported[pp_play.reported_count++] = rule->id;
    }
    broken[rule - pp_rules]++;
    pp_check_go_on();
    return false;
}

static bool is_one_of(const char *rule, const char *const *rules, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(rules[i], rule) == 0) {
            return true;
        }
    }
    return false;
}

static void differs_by_rule(const char *rule, const char *how, const char *detail) {
    char what[128];
    snprintf(what, sizeof(what), "rule %s %s by", rule, how);
    pp_differs(what, "%s", detail);
}

// The call was to break one of these rules, and exactly one; or none.
static void compare_rules(const char *const *rules, uint32_t count) {
    if (pp_play.options.without_rules) {
        return;
    }
    if (count > 0 && pp_play.reported_count == 0) {
        differs_by_rule(rules[0], "not reported", "the call was taken as legal");
    }
    for (uint32_t i = 0; i < pp_play.reported_count; i++) {
        if (!is_one_of(pp_play.reported[i], rules, count)) {
            differs_by_rule(pp_play.reported[i], "reported", count > 0 ? rules[0] : "the call is legal");
        }
    }
    if (pp_play.reported_count > 1) {
        differs_by_rule(pp_play.reported[1], "reported as well",
                        "a call that is refused does nothing more");
    }
}

// Rules whose count depends on when the driver writes its fields, which the documentation leaves open.
static bool is_counted(const char *rule) {
    return strcmp(rule, "CHILD-COUNT") != 0 && strcmp(rule, "PARENT-SET") != 0;
}

// Whether a call that is refused is counted is not said.
static void compare_advice(const struct pp_expect *expect) {
    const uint32_t *now = pp_check_advice();
    if (pp_play.options.without_rules ||
        (expect->advice_count == 0 && memcmp(advice, now, pp_rule_count * sizeof(now[0])) == 0)) {
        return;
    }
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        bool is_expected = is_one_of(pp_rules[i].id, expect->advice, expect->advice_count);
        bool is_there = now[i] > advice[i];
        if (is_there != is_expected && expect->rule_count == 0 && is_counted(pp_rules[i].id)) {
            differs_by_rule(pp_rules[i].id, is_there ? "counted" : "not counted", "advice");
        }
        broken[i] += is_there;
    }
    memcpy(advice, now, pp_rule_count * sizeof(now[0]));
}

// === One call ===

static void perform(const struct pp_passing *passing, struct pp_answer *answer) {
    pp_play.reported_count = 0;
    pp_perform(passing, answer);
    mix((uint32_t)answer->status);
    mix(answer->number);
    mix(answer->pointer != NULL);
}

// Everything that the call names is as it was.
static void compare_named(const struct pp_call *call) {
    const struct pp_call_info *info = &pp_call_infos[call->kind];
    const struct pp_operand *operands[] = {&call->object, &call->second};
    for (uint8_t i = 0; i < 2 && i < info->handle_count && !pp_play.is_over; i++) {
        if (operands[i]->passed != PP_PASS_RIGHT) {
            continue;
        }
        int id = operands[i]->id;
        // The first handle of mdl_of_object is its owner, which the call has second.
        if (info->letters[i] == PP_LETTER_N && pp_model.nbls[id].life == PP_LIVE) {
            pp_compare_nbl(id);
        } else if (info->letters[i] == PP_LETTER_K && pp_model.nbs[id].life == PP_LIVE) {
            pp_compare_nb(id);
        } else if (info->letters[i] == PP_LETTER_D && pp_model.mdls[id].life == PP_LIVE) {
            pp_compare_mdl(id);
        }
    }
}

static uint32_t handler_mdl_count(void) {
    uint32_t count = 0;
    for (int id = 0; id < pp_model.mdl_count; id++) {
        count += pp_model.mdls[id].kind == PP_MDL_OF_HANDLER && pp_model.mdls[id].life != PP_FREED;
    }
    return count;
}

static void compare_handlers(const struct pp_call *call) {
    if (call->handler == 0) {
        return;
    }
    uint32_t count = handler_mdl_count();
    if (pp_handler_is_wrong()) {
        pp_differs("free handler of", "called with an MDL that the allocate handler has not made");
    } else if (pp_handler_count() != count + pp_play.abandoned_count) {
        pp_differs("handler of", "%u MDLs are out, expected %u", pp_handler_count(),
                   count + pp_play.abandoned_count);
    }
}

// The call has returned that it failed, and has changed nothing.
static void compare_failed(const struct pp_passing *passing, const struct pp_expect *expect,
                           const struct pp_answer *answer, const char *what) {
    bool is_status = expect->result == PP_RESULT_STATUS || passing->call.kind == PP_POOL_OP_COPY;
    if (is_status ? answer->status == NDIS_STATUS_SUCCESS : answer->pointer != NULL) {
        pp_differs(what, "success, expected failure");
    }
    if (is_status && expect->rule_count == 0 && answer->status != NDIS_STATUS_RESOURCES) {
        pp_differs(what, "status %08x, expected NDIS_STATUS_RESOURCES", (unsigned)answer->status);
    }
    if (passing->call.kind == PP_POOL_OP_COPY && answer->number != 0) {
        pp_differs("BytesCopied of", "%llu, expected 0", (unsigned long long)answer->number);
    }
    compare_named(&passing->call);
}

static void compare_data(const struct pp_call *call, const struct pp_expect *expect,
                         const struct pp_answer *answer) {
    static uint8_t bytes[PP_STORAGE_BYTES];
    void *address = pp_places.buffers[expect->id] + expect->value;
    if (expect->result == PP_RESULT_ADDRESS || (expect->or_address && answer->pointer == address)) {
        if (answer->pointer != address) {
            pp_differs("result of", "not the address that is expected");
        }
        return;
    }
    if (answer->pointer != answer->storage) {
        pp_differs("result of", "not Storage");
    } else if (answer->storage != NULL && pp_pool_model_read(call->object.id, call->bytes, bytes) &&
               memcmp(bytes, answer->storage, call->bytes) != 0) {
        pp_differs("Storage of", "not the bytes that are expected");
    }
}

static void compare_answer(const struct pp_call *call, const struct pp_expect *expect,
                           const struct pp_answer *answer) {
    switch (expect->result) {
    case PP_RESULT_NONE: break;
    case PP_RESULT_STATUS:
        if (answer->status != NDIS_STATUS_SUCCESS) {
            pp_differs("result of", "status %08x, expected success", (unsigned)answer->status);
        }
        break;
    case PP_RESULT_MADE:
        if (answer->pointer == NULL) {
            pp_differs("result of", "NULL, expected something new");
        }
        break;
    case PP_RESULT_NUMBER:
        if (answer->number < expect->value || answer->number > expect->value_max) {
            pp_differs("result of", "%llu, expected %llu to %llu", (unsigned long long)answer->number,
                       (unsigned long long)expect->value, (unsigned long long)expect->value_max);
        }
        break;
    case PP_RESULT_POOL:
        if (expect->id != PP_NONE && answer->pointer != pp_places.pools[expect->id]) {
            pp_differs("result of", "not the pool that is expected");
        }
        break;
    case PP_RESULT_ADDRESS:
    case PP_RESULT_STORAGE: compare_data(call, expect, answer); break;
    }
}

// The driver keeps ChildRefCount: after a free, since until then the child is there.
static void write_child_gone(const struct pp_call *call) {
    bool is_free = call->kind == PP_POOL_OP_FREE_CLONE || call->kind == PP_POOL_OP_FREE_FRAGMENT ||
                   call->kind == PP_POOL_OP_FREE_REASSEMBLED;
    int parent = is_free ? pp_model.nbls[call->object.id].parent : PP_NONE;
    if (parent != PP_NONE && pp_model.nbls[parent].life == PP_LIVE) {
        pp_places.nbls[parent]->ChildRefCount = pp_model.nbls[parent].child_ref_count;
    }
}

static int take_result(const struct pp_call *call, const struct pp_expect *expect,
                       const struct pp_answer *answer) {
    compare_answer(call, expect, answer);
    if (pp_play.is_over) {
        return PP_NONE;
    }
    int made = pp_pool_model_apply(call);
    write_child_gone(call);
    if (expect->result == PP_RESULT_MADE) {
        pp_place((enum pp_letter)pp_call_infos[call->kind].result, made, answer->pointer);
    }
    if (call->kind == PP_POOL_OP_COPY_INFO) {
        pp_compare_info_copy(call);
    }
    compare_named(call);
    if (call->kind == PP_POOL_OP_COPY && !pp_play.is_over) {
        pp_compare_content(call->object.id);
    }
    compare_handlers(call);
    return made;
}

// Which piece of the call the program lets fail first; 0: none.
static uint32_t failing_piece(const struct pp_expect *expect) {
    uint32_t first = 0;
    if (expect->point == PP_NONE || pp_now.op == PP_OP_NONE) {
        return 0;
    }
    const struct pp_op *op = &pp_play.program->ops[pp_now.op];
    for (uint8_t i = 0; i < op->fault_count; i++) {
        uint32_t nth = op->faults[i].nth;
        // A pool op asks at one point only.
        bool is_meant = op->faults[i].point == expect->point || op->faults[i].point == PP_POINT_ANY;
        if (is_meant && nth <= expect->ask_count) {
            first = first == 0 || nth < first ? nth : first;
        }
    }
    return first;
}

// With the program's faults; then once more without them.
static void play_failing(struct pp_passing *passing, const struct pp_expect *expect, uint32_t piece) {
    struct pp_answer answer;
    const char *rule = piece > 1 ? expect->rule_if_failed : NULL;
    perform(passing, &answer);
    if (rule != NULL) {
        pp_play.abandoned_count = pp_handler_count() - handler_mdl_count();
        // Each MDL that is lost breaks it.
        while (pp_play.reported_count > 1 &&
               strcmp(pp_play.reported[pp_play.reported_count - 1], rule) == 0) {
            pp_play.reported_count--;
        }
    }
    compare_rules(&rule, rule != NULL);
    compare_failed(passing, expect, &answer, "result after a fault of");
}

// What no pool can survive without rules: it is told of memory that is not there.
static bool is_deadly(const struct pp_call *call, const struct pp_expect *expect) {
    static const char *const rules[] = {"GDB-STORAGE", "MDL-NONPAGED", "MDL-LEN-MAX", "MDL-LEN-OWNER"};
    for (uint8_t i = 0; i < expect->rule_count; i++) {
        if (is_one_of(expect->rules[i], rules, sizeof(rules) / sizeof(rules[0]))) {
            return true;
        }
    }
    return (call->kind == PP_POOL_OP_NB_OVER || call->kind == PP_POOL_OP_NBL_OVER) &&
           call->second.passed == PP_PASS_FREED;
}

// A call that breaks a rule, and nobody stops it. What a pool has not made it must leave alone, and the
// program goes on; of what it does to what lives, nothing is known.
static void play_illegal(const struct pp_passing *passing, const struct pp_expect *expect) {
    const struct pp_call *call = &passing->call;
    struct pp_answer answer;
    pp_play.is_astray = true;
    // Without a guard, already what stands in front of the pool follows pointers that lead nowhere.
    if (PP_HAS_GUARD && !is_deadly(call, expect)) {
        perform(passing, &answer);
    }
    pp_play.is_over = call->object.passed == PP_PASS_RIGHT || call->second.passed == PP_PASS_RIGHT ||
                      call->third.passed == PP_PASS_RIGHT;
}

int pp_play_call(struct pp_passing *passing) {
    struct pp_expect expect;
    struct pp_answer answer;
    pp_pool_model_judge(&passing->call, &expect);
    // Without a guard nobody sees whether memory is there.
    if (expect.is_skipped || (!PP_HAS_GUARD && is_deadly(&passing->call, &expect))) {
        return PP_NONE;
    }
    if (pp_play.op != PP_OP_NONE) {
        pp_play.played_count++;
        pp_exercise_note(PP_EXERCISE_OP, PP_LANGUAGE_POOL, passing->call.kind);
    }
    if (expect.is_driver) {
        int id = pp_pool_model_apply(&passing->call);
        pp_write(&passing->call);
        return id;
    }
    if (pp_play.options.without_rules && expect.rule_count > 0) {
        play_illegal(passing, &expect);
        return PP_NONE;
    }
    uint32_t piece = expect.rule_count == 0 ? failing_piece(&expect) : 0;
    if (piece > 0) {
        play_failing(passing, &expect, piece);
        pp_now.op = PP_OP_NONE;
    }
    perform(passing, &answer);
    if (expect.may_pass && pp_play.reported_count == 0) {
        expect.rule_count = 0;
    }
    compare_rules(expect.rules, expect.rule_count);
    compare_advice(&expect);
    if (expect.rule_count > 0 || expect.fails) {
        compare_failed(passing, &expect, &answer, "result of");
        return PP_NONE;
    }
    return take_result(&passing->call, &expect, &answer);
}

// === The whole program ===

static void play_op(const struct pp_op *op, uint16_t index) {
    _Alignas(16) uint8_t stack[PP_STRANGER_BYTES] = {0};
    const struct pp_call_info *info = &pp_call_infos[op->kind];
    struct pp_passing passing;
    int made = PP_NONE;
    pp_play.stack = stack;
    pp_play.op = pp_now.op = index;
    pp_play.word = info->word;
    if (pp_call_of(op, &passing)) {
        made = pp_play_call(&passing);
    }
    if (info->result != PP_NONE) {
        pp_play.slots.ids[info->result][pp_play.slots.counts[info->result]++] = (int16_t)made;
    }
    pp_now.op = PP_OP_NONE;
}

static void forget_places(void) {
    memset(pp_places.pools, 0, (size_t)pp_model.pool_count * sizeof(pp_places.pools[0]));
    memset(pp_places.nbls, 0, (size_t)pp_model.nbl_count * sizeof(pp_places.nbls[0]));
    memset(pp_places.nbs, 0, (size_t)pp_model.nb_count * sizeof(pp_places.nbs[0]));
    memset(pp_places.mdls, 0, (size_t)pp_model.mdl_count * sizeof(pp_places.mdls[0]));
    memset(pp_places.buffers, 0, (size_t)pp_model.buffer_count * sizeof(pp_places.buffers[0]));
    memset(pp_places.objects, 0, (size_t)pp_model.object_count * sizeof(pp_places.objects[0]));
}

static void begin(const struct pp_pool_functions *pool, const struct pp_program *program,
                  const struct pp_differ_options *options, struct pp_finding *finding) {
    pp_event_set_sink(NULL);
    pp_pool_use(pool);
    pp_pool_reset();
    pp_arena_reset();
    memset(&pp_now, 0, sizeof(pp_now));
    pp_now.op = PP_OP_NONE;
    pp_fault_arm(program);
    pp_check_begin((struct pp_range){NULL, NULL});
    memset(&pp_play, 0, offsetof(struct pp_play, slots.ids));
    pp_play.options = *options;
    pp_play.program = program;
    pp_play.finding = finding;
    pp_handler_reset();
    pp_call_begin();
    forget_places();
    pp_pool_model_reset();
    memset(broken, 0, sizeof(broken));
    memset(advice, 0, sizeof(advice));
    pp_event_set_sink(on_event);
}

static void fill_verdict(struct pp_verdict *verdict) {
    const struct pp_fault_counts *faults = pp_fault_counts();
    verdict->is_finding = pp_play.is_different;
    verdict->digest = pp_play.digest;
    verdict->event_count = pp_play.event_count;
    verdict->op_played_count = pp_play.played_count;
    verdict->rule_check_count = pp_check_count();
    verdict->fault_armed_count = faults->armed;
    verdict->fault_fired_count = faults->fired;
    memcpy(verdict->point_reached, faults->reached, sizeof(verdict->point_reached));
    memcpy(verdict->point_failed, faults->failed, sizeof(verdict->point_failed));
}

static void end(void) {
    pp_event_set_sink(NULL);
    pp_pool_reset();
    pp_arena_reset();
    pp_pool_use(NULL);
}

void pp_play_program(const struct pp_pool_functions *pool, const struct pp_program *program,
                     const struct pp_differ_options *options, bool is_traced,
                     struct pp_verdict *ret_verdict) {
    begin(pool, program, options, &ret_verdict->finding);
    pp_play.is_traced = is_traced;
    for (uint16_t i = 0; i < program->op_count && !pp_play.is_over; i++) {
        play_op(&program->ops[i], i);
    }
    if (!pp_play.is_over) {
        pp_play_ending();
    }
    fill_verdict(ret_verdict);
    end();
}

void pp_differ(const struct pp_pool_functions *pool, const struct pp_program *program,
               const struct pp_differ_options *options, struct pp_verdict *ret_verdict) {
    static const struct pp_differ_options with_rules;
    pp_play_program(pool, program, options != NULL ? options : &with_rules, /*is_traced=*/false,
                    ret_verdict);
}
