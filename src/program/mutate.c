// SPDX-License-Identifier: MIT
// Changes of a program's shape, and the choice among all changes. It knows the tables, but no
// driver: that an op needs a binding is in op.def, that sending comes after restart is for the
// fuzzer to find, but for the life cycles below that give it a start.
#include "draft.h"
#include "vary.h"

#include "base/expect.h"

#include <string.h>

#define ROUNDS_MAX 4
#define TRIES_MAX 8     // of a change that finds nothing to change
#define CREATORS_MAX 4  // how many ops may be made for the handles of one, in turn

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t protocol_life_cycle[] = {
    PP_OP_ADAPTER,  PP_OP_BIND,   PP_OP_RESTART, PP_OP_CREATE,  PP_OP_IOCTL, PP_OP_WRITE,
    PP_OP_READ,     PP_OP_FRAMES, PP_OP_ACT,     PP_OP_RECEIVE, PP_OP_WRITE, PP_OP_ACT,
    PP_OP_COMPLETE, PP_OP_CLOSE,  PP_OP_PAUSE,   PP_OP_UNBIND};
static const uint8_t pool_life_cycle[] = {
    PP_POOL_OP_NBL_POOL, PP_POOL_OP_NBL_WITH_NB, PP_POOL_OP_NB_OF,        PP_POOL_OP_RETREAT,
    PP_POOL_OP_ADVANCE,  PP_POOL_OP_FREE_NBL,    PP_POOL_OP_FREE_NBL_POOL};

static const struct life_cycle {
    const uint8_t *kinds;
    size_t count;
} life_cycles[PP_LANGUAGE_COUNT] = {
    [PP_LANGUAGE_PROTOCOL] = {protocol_life_cycle, LENGTH(protocol_life_cycle)},
    [PP_LANGUAGE_POOL] = {pool_life_cycle, LENGTH(pool_life_cycle)},
};

static const struct pp_language_info *language_of(const struct pp_draft *draft) {
    return &pp_languages[draft->program->language];
}

static bool has_objects(const struct pp_draft *draft, uint32_t at, const struct pp_op_info *info) {
    for (unsigned i = 0; i < info->arg_count && info->args[i].kind == PP_ARG_HANDLE; i++) {
        bool has_object = false;
        for (uint32_t j = 0; j < at && !has_object; j++) {
            const struct pp_op_info *former = pp_op_info(draft->program, &draft->program->ops[j]);
            has_object = former->result == info->args[i].letter;
        }
        if (!has_object) {
            return false;
        }
    }
    return true;
}

static bool is_act(const struct pp_draft *draft, uint8_t kind) {
    return draft->program->language == PP_LANGUAGE_PROTOCOL && kind == PP_OP_ACT;
}

// Without actions there is nothing to call.
static bool is_of_use(const struct pp_draft *draft, uint8_t kind) {
    return !is_act(draft, kind) || pp_vary_can_act();
}

// Ops about objects and actions are the business of a program; the others set the stage.
static uint8_t pick_kind(const struct pp_draft *draft, struct pp_dice *dice, uint32_t at) {
    const struct pp_language_info *language = language_of(draft);
    uint8_t kind = 0;

    for (unsigned i = 0; i < TRIES_MAX; i++) {
        kind = (uint8_t)pp_dice_roll(dice, language->op_count);
        const struct pp_op_info *info = &language->ops[kind];
        if (!is_of_use(draft, kind)) {
            continue;
        }
        bool is_business = info->result || info->args[0].kind == PP_ARG_HANDLE || is_act(draft, kind);
        if ((is_business || pp_dice_once_in(dice, 3)) && has_objects(draft, at, info)) {
            break;
        }
        if (pp_dice_once_in(dice, 16)) {
            break;
        }
    }
    return kind;
}

// The first kind of op that names objects of that letter, or op_count.
static uint8_t find_creator(const struct pp_language_info *language, char letter) {
    uint8_t kind = 0;
    while (kind < language->op_count && language->ops[kind].result != letter) {
        kind++;
    }
    return kind;
}

// Inserts an op of that kind before *at, and before it those that it needs; *at is then behind
// them.
static bool insert_kind(struct pp_draft *draft, struct pp_dice *dice, uint8_t kind, uint32_t *at,
                        unsigned creators_max) {
    const struct pp_language_info *language = language_of(draft);
    const struct pp_op_info *info = &language->ops[kind];
    struct pp_op op = {.kind = kind};

    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        if (arg->kind != PP_ARG_HANDLE) {
            op.args[i] = arg->standard;
            if (pp_dice_once_in(dice, 2)) {
                op.args[i] = pp_vary_value(dice, arg, arg->standard);
            }
            continue;
        }
        op.args[i] = pp_draft_pick(draft, dice, *at, arg->letter);
        if (op.args[i] == PP_DRAFT_ID_NONE) {
            uint8_t creator = find_creator(language, arg->letter);
            if (creators_max == 0 || creator == language->op_count ||
                !insert_kind(draft, dice, creator, at, creators_max - 1)) {
                return false;
            }
            op.args[i] = draft->ids[*at - 1];
        }
    }
    if (!pp_draft_insert(draft, *at, &op)) {
        return false;
    }
    ++*at;
    return true;
}

static bool insert_life_cycle(struct pp_draft *draft, struct pp_dice *dice) {
    const struct life_cycle *cycle = &life_cycles[draft->program->language];
    uint32_t at = draft->program->op_count;
    bool is_changed = false;

    for (size_t i = 0; i < cycle->count; i++) {
        if (is_of_use(draft, cycle->kinds[i]) && !pp_dice_once_in(dice, 8)) {
            is_changed |= insert_kind(draft, dice, cycle->kinds[i], &at, CREATORS_MAX);
        }
    }
    return is_changed;
}

static bool insert_op(struct pp_draft *draft, struct pp_dice *dice) {
    uint32_t count = draft->program->op_count;
    uint32_t at = pp_dice_once_in(dice, 2) ? count : pp_dice_roll(dice, count + 1);

    if (count == 0 && !pp_dice_once_in(dice, 4)) {
        return insert_life_cycle(draft, dice);
    }
    return insert_kind(draft, dice, pick_kind(draft, dice, at), &at, CREATORS_MAX);
}

// A run of ops somewhere in the program, mostly short; false if there are none.
static bool pick_chunk(const struct pp_draft *draft, struct pp_dice *dice, uint32_t *ret_first,
                       uint32_t *ret_count) {
    uint32_t op_count = draft->program->op_count;

    if (op_count == 0) {
        return false;
    }
    *ret_first = pp_dice_roll(dice, op_count);
    *ret_count = 1 + pp_dice_small(dice, 5);
    if (*ret_count > op_count - *ret_first) {
        *ret_count = op_count - *ret_first;
    }
    return true;
}

static bool remove_op(struct pp_draft *draft, struct pp_dice *dice) {
    if (draft->program->op_count == 0) {
        return false;
    }
    pp_draft_remove(draft, pp_dice_roll(dice, draft->program->op_count), 1);
    return true;
}

static bool remove_chunk(struct pp_draft *draft, struct pp_dice *dice) {
    uint32_t first = 0, count = 0;

    if (!pick_chunk(draft, dice, &first, &count)) {
        return false;
    }
    pp_draft_remove(draft, first, count);
    return true;
}

static bool duplicate_op(struct pp_draft *draft, struct pp_dice *dice) {
    uint32_t count = draft->program->op_count;
    if (count == 0) {
        return false;
    }
    uint32_t from = pp_dice_roll(dice, count);
    uint32_t to = pp_dice_once_in(dice, 2) ? from + 1 : from + 1 + pp_dice_roll(dice, count - from);
    return pp_draft_insert_chunk(draft, to, draft, from, 1);
}

static bool duplicate_chunk(struct pp_draft *draft, struct pp_dice *dice) {
    uint32_t first = 0, count = 0;

    return pick_chunk(draft, dice, &first, &count) &&
           pp_draft_insert_chunk(draft, first + count, draft, first, count);
}

static bool move_op(struct pp_draft *draft, struct pp_dice *dice) {
    uint32_t count = draft->program->op_count;
    if (count < 2) {
        return false;
    }
    uint32_t from = pp_dice_roll(dice, count);
    uint32_t to = pp_dice_roll(dice, count);
    if (pp_dice_once_in(dice, 2)) {
        to = from + 1 < count ? from + 1 : from - 1;
    }
    pp_draft_move(draft, from, to);
    return from != to;
}

static bool change_arg(struct pp_draft *draft, struct pp_dice *dice) {
    if (draft->program->op_count == 0) {
        return false;
    }
    uint32_t at = pp_dice_roll(dice, draft->program->op_count);
    struct pp_op *op = &draft->program->ops[at];
    const struct pp_op_info *info = pp_op_info(draft->program, op);
    if (info->arg_count == 0) {
        return false;
    }
    uint32_t i = pp_dice_roll(dice, info->arg_count);
    bool is_changed = false, is_choice = false;
    do {
        uint32_t present = op->args[i];
        is_choice = info->args[i].kind == PP_ARG_CHOICE;
        op->args[i] = info->args[i].kind == PP_ARG_HANDLE
                          ? pp_draft_pick(draft, dice, at, info->args[i].letter)
                          : pp_vary_value(dice, &info->args[i], present);
        is_changed |= op->args[i] != present;
        i++;
        // A choice often says what the argument behind it means.
    } while (is_choice && i < info->arg_count && pp_dice_once_in(dice, 2));
    return is_changed;
}

// An op that says something about all that come after it.
static bool sets_stage(const struct pp_op_info *info) {
    return !info->result && info->arg_count > 0 && info->args[0].kind != PP_ARG_HANDLE;
}

// The driver refused what holds as long as no op says anything else.
static bool grant_by_new_op(struct pp_draft *draft, struct pp_dice *dice, const struct pp_wish *wish) {
    const struct pp_language_info *language = language_of(draft);

    for (uint8_t kind = 0; kind < language->op_count; kind++) {
        const struct pp_op_info *info = &language->ops[kind];
        struct pp_op op = {.kind = kind};
        for (unsigned i = 0; i < info->arg_count; i++) {
            op.args[i] = info->args[i].standard;
        }
        if (sets_stage(info) && is_of_use(draft, kind) && pp_vary_by_wish(wish, info, &op)) {
            return pp_draft_insert(draft, pp_dice_roll(dice, draft->program->op_count + 1), &op);
        }
    }
    return false;
}

static bool grant_wish(struct pp_draft *draft, struct pp_dice *dice) {
    const struct pp_wish *wish = pp_vary_pick_wish(dice);
    uint32_t count = draft->program->op_count;

    if (!wish || count == 0) {
        return false;
    }
    uint32_t first = pp_dice_roll(dice, count);
    for (uint32_t i = 0; i < count; i++) {
        struct pp_op *op = &draft->program->ops[(first + i) % count];
        if (pp_vary_by_wish(wish, pp_op_info(draft->program, op), op)) {
            return true;
        }
    }
    return grant_by_new_op(draft, dice, wish);
}

static struct pp_op *pick_op(struct pp_draft *draft, struct pp_dice *dice) {
    uint32_t count = draft->program->op_count;
    return count ? &draft->program->ops[pp_dice_roll(dice, count)] : NULL;
}

static bool change_fault(struct pp_draft *draft, struct pp_dice *dice) {
    struct pp_op *op = pick_op(draft, dice);
    return op && pp_vary_fault(dice, op, language_of(draft)->points, draft->reach);
}

static bool change_outcome(struct pp_draft *draft, struct pp_dice *dice) {
    struct pp_op *op = pick_op(draft, dice);
    return op && pp_vary_outcome(dice, op, draft->reach);
}

static bool change_choice(struct pp_draft *draft, struct pp_dice *dice) {
    struct pp_op *op = pick_op(draft, dice);
    return op && pp_vary_choice(dice, op, draft->reach);
}

// The last ones change attributes, in their order.
static const struct change {
    uint32_t weight;
    bool (*apply)(struct pp_draft *draft, struct pp_dice *dice);
} changes[] = {
    {26, insert_op},   {1, insert_life_cycle}, {12, remove_op},     {3, remove_chunk},
    {7, duplicate_op}, {3, duplicate_chunk},   {8, move_op},        {16, change_arg},
    {8, grant_wish},   {10, change_fault},     {5, change_outcome}, {9, change_choice},
};

static const struct change *pick_change(const struct pp_draft *draft, struct pp_dice *dice) {
    size_t count = LENGTH(changes) - PP_ATTRIBUTE_COUNT + language_of(draft)->attribute_count;
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += changes[i].weight;
    }
    uint32_t roll = pp_dice_roll(dice, sum);
    const struct change *change = changes;
    while (roll >= change->weight) {
        roll -= change->weight;
        change++;
    }
    return change;
}

void pp_program_mutate(struct pp_program *program, uint32_t op_count_max, const struct pp_reach *reach,
                       uint32_t seed) {
    struct pp_dice dice = {.state = seed};
    struct pp_draft draft;
    unsigned rounds = 1;

    while (rounds < ROUNDS_MAX && pp_dice_once_in(&dice, 3)) {
        rounds++;
    }
    pp_draft_open(&draft, program, op_count_max);
    draft.reach = reach;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < TRIES_MAX && !pick_change(&draft, &dice)->apply(&draft, &dice); i++) {
        }
    }
    pp_draft_close(&draft, /*is_rebinding=*/pp_dice_once_in(&dice, 2));
}

void pp_program_cross(struct pp_program *program, const struct pp_program *other, uint32_t op_count_max,
                      uint32_t seed) {
    struct pp_dice dice = {.state = seed};
    struct pp_program source_program;
    struct pp_draft draft, source;
    uint32_t first = 0, count = 0, removed = 0;

    pp_expect(program->language == other->language, "%s and %s", pp_languages[program->language].word,
              pp_languages[other->language].word);
    source_program.language = other->language;
    source_program.op_count = other->op_count;
    memcpy(source_program.ops, other->ops, other->op_count * sizeof other->ops[0]);
    pp_draft_open(&source, &source_program, PP_PROGRAM_OPS_MAX);
    pp_draft_open(&draft, program, op_count_max);
    if (pick_chunk(&source, &dice, &first, &count)) {
        uint32_t at = pp_dice_roll(&dice, program->op_count + 1);
        // Half of the crossings replace what stood there, and those that find no room must.
        uint32_t room = draft.op_count_max - program->op_count;
        if (pp_dice_once_in(&dice, 2) || room < count) {
            uint32_t behind = program->op_count - at;
            removed = count < behind ? count : behind;
            pp_draft_remove(&draft, at, removed);
        }
        room = draft.op_count_max - program->op_count;
        pp_draft_insert_chunk(&draft, at, &source, first, count < room ? count : room);
    }
    pp_draft_close(&draft, /*is_rebinding=*/true);
}
