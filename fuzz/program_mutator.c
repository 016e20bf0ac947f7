// SPDX-License-Identifier: MIT
#include "program_mutator.h"

#include "base/dice.h"
#include "kernel/learn.h"
#include "program/draft.h"
#include "ways.h"

#define SCHEDULE_ONCE_IN 4  // mutations
#define HINTS_ONCE_IN 8     // mutations
#define HINTS_RARELY 64     // once in, where many in a row have come to nothing
#define BARREN_MAX 256
#define HINT_ROUNDS_MAX 4
#define OPS_MAX 64  // of what is made; longer seeds are cut when they are mutated

void (*pp_target_on_mutation)(void);
const struct pp_driver *pp_target_driver;
bool pp_target_feeds_faults = true;

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *bytes, size_t size, const uint8_t *other_bytes,
                                 size_t other_size, uint8_t *ret_bytes, size_t size_max,
                                 unsigned int seed);

// libFuzzer takes bytes of this section for counters of its own; other engines do not see them.
__attribute__((section("__libfuzzer_extra_counters"), used)) static struct {
    uint8_t always;  // without any feature at all libFuzzer would give up at once
    uint8_t failed[PP_POINT_COUNT];
    uint8_t broken[PP_RULE_COUNT_MAX];
} counters;

static struct pp_reach reach;  // of the runs so far

// What is kept from run to run is no reason to keep a program.
#define NO_FEATURES __attribute__((no_sanitize("coverage")))

void pp_target_read(const uint8_t *bytes, size_t size, struct pp_program *ret_program) {
    struct pp_error error;

    if (!pp_program_is_text(bytes, size) ||
        !pp_program_parse((const char *)bytes, size, ret_program, &error) ||
        ret_program->language != pp_target_language) {
        pp_program_decode(pp_target_language, bytes, size, ret_program);
    }
}

static uint8_t count_in_byte(uint32_t count) { return (uint8_t)(count < UINT8_MAX ? count : UINT8_MAX); }

NO_FEATURES static uint32_t max_of(uint32_t left, uint32_t right) { return left > right ? left : right; }

static void feed_faults(const struct pp_verdict *verdict) {
    for (unsigned i = 0; i < PP_POINT_COUNT; i++) {
        counters.failed[i] = count_in_byte(verdict->point_failed[i]);
    }
    pp_ways_take(pp_run_ways());
}

NO_FEATURES static void extend_reach(const struct pp_verdict *verdict) {
    for (unsigned i = 0; i < PP_OP_COUNT; i++) {
        reach.calls[i] = max_of(reach.calls[i], verdict->reach.calls[i]);
        reach.accesses[i] = max_of(reach.accesses[i], verdict->reach.accesses[i]);
        reach.outcomes[i] |= verdict->reach.outcomes[i];
        for (unsigned k = 0; k < PP_POINT_COUNT; k++) {
            uint8_t calls = verdict->reach.points[i][k];
            reach.points[i][k] = calls > reach.points[i][k] ? calls : reach.points[i][k];
        }
    }
}

void pp_target_feed(const struct pp_verdict *verdict, const uint32_t *broken) {
    counters.always = 1;
    if (pp_target_language == PP_LANGUAGE_PROTOCOL) {
        extend_reach(verdict);
    }
    if (pp_target_feeds_faults) {
        feed_faults(verdict);
    }
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        counters.broken[i] = count_in_byte(broken[i]);
    }
}

// The beginning of a program is a program: what does not fit is cut off behind. Engines want at
// least one byte, whatever it means.
static size_t write_program(struct pp_program *program, uint8_t *bytes, size_t size_max) {
    size_t size = 0;

    while (program->op_count > 0 && (size = pp_program_encode(program, bytes, size_max)) == 0) {
        program->op_count--;
    }
    if (size == 0 && size_max > 0) {
        bytes[size++] = 0;
    }
    return size;
}

// Lets a search choose who goes on, and makes choices of it. Where a switch point is and who is ready
// there only a run can tell; choices put down blindly mostly come to nothing.
static void choose_schedule(struct pp_program *program, uint32_t seed) {
    static struct pp_verdict verdict;
    uint32_t variant = seed / SCHEDULE_ONCE_IN;
    struct pp_search search = {.strategy = variant % 3 == 0 ? PP_STRATEGY_RANDOM : PP_STRATEGY_DELAY,
                               .depth = variant % 3,
                               .number = 1,
                               .seed = seed};
    const struct pp_run_options options = {.search = &search};
    const struct pp_run_options counting = {.without_rules = true};

    pp_run(pp_target_driver, program, &counting, &verdict);
    search.step_count = verdict.step_count;
    pp_run(pp_target_driver, program, &options, &verdict);
    *program = *pp_run_recorded();
}

// The op that says what the content of ops of that kind has; PP_OP_COUNT: they have none.
static uint8_t field_op_of(uint8_t kind) {
    switch (kind) {
    case PP_OP_RECEIVE: return PP_OP_FRAME_FIELD;
    case PP_OP_WRITE:
    case PP_OP_IOCTL:
    case PP_OP_ACT: return PP_OP_FIELD;
    default: return PP_OP_COUNT;
    }
}

// An op with content, counted from `first`; false if there is none.
static bool find_content(const struct pp_program *program, uint32_t first, uint16_t *ret_op) {
    for (uint32_t i = 0; i < program->op_count; i++) {
        *ret_op = (uint16_t)((first + i) % program->op_count);
        if (field_op_of(program->ops[*ret_op].kind) != PP_OP_COUNT) {
            return true;
        }
    }
    return false;
}

static bool insert_field(struct pp_program *program, uint16_t at, const struct pp_hint *hint) {
    struct pp_op field = {.kind = field_op_of(program->ops[at].kind)};
    const struct pp_op_info *info = &pp_op_infos[field.kind];
    bool is_frame = field.kind == PP_OP_FRAME_FIELD;
    if (hint->at < info->args[0].min) {
        return false;
    }
    field.args[0] = hint->at;
    field.args[1] = is_frame ? hint->bytes : info->args[1].standard;
    field.args[2] = hint->value;
    if (!is_frame) {
        field.args[3] = hint->bytes;
    }
    struct pp_draft draft;
    pp_draft_open(&draft, program, OPS_MAX);
    bool has_room = pp_draft_insert(&draft, at, &field);
    pp_draft_close(&draft, /*is_rebinding=*/false);
    return has_room;
}

static uint32_t barren_count;  // programs without a hint, in a row

static bool may_have_hints(uint32_t seed) {
    return seed % (barren_count < BARREN_MAX ? HINTS_ONCE_IN : HINTS_RARELY) == 1;
}

// Asks a run what the driver looks for in the content of one op, and where, and puts some of it there:
// magic numbers, versions, kinds, lengths, one behind the other.
static void follow_hints(struct pp_program *program, uint32_t seed) {
    static struct pp_verdict verdict;
    struct pp_dice dice = {.state = seed};
    uint16_t op;
    if (program->op_count == 0 || !find_content(program, pp_dice_roll(&dice, program->op_count), &op)) {
        return;
    }
    for (unsigned round = 0; round < HINT_ROUNDS_MAX; round++) {
        const struct pp_run_options options = {.without_rules = true, .is_dyed = true, .dyed_op = op};
        uint32_t count;
        pp_run(pp_target_driver, program, &options, &verdict);
        const struct pp_hint *hints = pp_learned_hints(&count);
        barren_count = count > 0 ? 0 : barren_count + (round == 0);
        if (count == 0 || !insert_field(program, op, &hints[pp_dice_roll(&dice, count)]) ||
            pp_dice_once_in(&dice, 3)) {
            break;
        }
        op++;
    }
}

static void offer_learned(void) {
    struct pp_offer offer = pp_learned();
    offer.sets = pp_target_driver ? pp_target_driver->values : NULL;
    offer.has_actions = pp_target_driver && pp_target_driver->actions;
    pp_program_offer(&offer);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max, unsigned int seed) {
    static struct pp_program program;

    if (pp_target_on_mutation) {
        pp_target_on_mutation();
    }
    const struct pp_reach *known = pp_target_language == PP_LANGUAGE_PROTOCOL ? &reach : NULL;
    offer_learned();
    pp_target_read(bytes, size, &program);
    pp_program_mutate(&program, OPS_MAX, known, seed);
    if (program.op_count == 0) {
        pp_program_mutate(&program, OPS_MAX, known, ~seed);
    }
    if (pp_target_driver && seed % SCHEDULE_ONCE_IN == 0) {
        choose_schedule(&program, seed);
    } else if (pp_target_driver && may_have_hints(seed)) {
        follow_hints(&program, seed);
    }
    return write_program(&program, bytes, size_max);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *bytes, size_t size, const uint8_t *other_bytes,
                                 size_t other_size, uint8_t *ret_bytes, size_t size_max,
                                 unsigned int seed) {
    static struct pp_program program, other;

    if (pp_target_on_mutation) {
        pp_target_on_mutation();
    }
    pp_target_read(bytes, size, &program);
    pp_target_read(other_bytes, other_size, &other);
    pp_program_cross(&program, &other, OPS_MAX, seed);
    return write_program(&program, ret_bytes, size_max);
}
