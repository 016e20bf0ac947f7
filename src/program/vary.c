// SPDX-License-Identifier: MIT
#include "vary.h"

#include <string.h>

static uint32_t clamp(int64_t value, const struct pp_arg_info *arg) {
    return (uint32_t)(value < arg->min ? arg->min : value > arg->max ? arg->max : value);
}

static struct pp_offer offer;

void pp_program_offer(const struct pp_offer *new_offer) { offer = *new_offer; }

static uint32_t swapped(uint32_t value) { return __builtin_bswap16((uint16_t)value); }

static bool has_value(const uint32_t *set, uint32_t value) {
    for (uint32_t i = 1; i <= set[0]; i++) {
        if (set[i] == value || (value <= UINT16_MAX && set[i] == swapped(value))) {
            return true;
        }
    }
    return false;
}

// One of the sets that have the value, else of all; NULL if there are none.
static const uint32_t *pick_set(struct pp_dice *dice, uint32_t value) {
    const uint32_t *picked[2] = {NULL, NULL};
    uint32_t count[2] = {0, 0};

    for (const uint32_t *set = offer.sets; set && set[0] > 0; set += set[0] + 1) {
        bool is_his = has_value(set, value);
        if (pp_dice_once_in(dice, ++count[is_his])) {
            picked[is_his] = set;
        }
    }
    return picked[1] ? picked[1] : picked[0];
}

bool pp_vary_can_act(void) { return offer.has_actions; }

static bool is_offered(void) { return offer.value_count > 0 || (offer.sets && offer.sets[0] > 0); }

// A value that was offered, as it is, with its two low bytes swapped as in a packet, or next to it.
// Where `present` is one case of a switch, mostly another of its cases. False if it does not fit.
static bool pick_offered(struct pp_dice *dice, const struct pp_arg_info *arg, uint32_t present,
                         uint32_t *ret_value) {
    const uint32_t *set =
        offer.value_count == 0 || pp_dice_once_in(dice, 2) ? pick_set(dice, present) : NULL;
    if (!set && offer.value_count == 0) {
        return false;
    }
    uint32_t value =
        set ? set[1 + pp_dice_roll(dice, set[0])] : offer.values[pp_dice_roll(dice, offer.value_count)];
    switch (pp_dice_roll(dice, 8)) {
    case 0:
    case 1: value = value <= UINT16_MAX ? swapped(value) : value; break;
    case 2: value--; break;
    case 3: value++; break;
    default: break;
    }
    *ret_value = value;
    return value >= arg->min && value <= arg->max;
}

uint32_t pp_vary_value(struct pp_dice *dice, const struct pp_arg_info *arg, uint32_t present) {
    uint32_t range = arg->max - arg->min + 1;  // 0: all of 32 bits

    if (arg->kind == PP_ARG_CHOICE) {
        return pp_dice_roll(dice, range);
    }
    uint32_t value;
    if (is_offered() && arg->max > UINT8_MAX && !pp_dice_once_in(dice, arg->max > UINT16_MAX ? 4 : 2) &&
        pick_offered(dice, arg, present, &value)) {
        return value;
    }
    uint32_t bits = arg->max <= UINT16_MAX ? 16 : 32;
    switch (pp_dice_roll(dice, 8)) {
    case 0: return arg->standard;
    case 1: return arg->min;
    case 2: return arg->max;
    case 3: return clamp((int64_t)arg->min + pp_dice_small(dice, 4), arg);
    case 4: return clamp((int64_t)arg->max - pp_dice_small(dice, 4), arg);
    case 5: return clamp((INT64_C(1) << pp_dice_roll(dice, bits + 1)) - 1 + pp_dice_roll(dice, 3), arg);
    case 6: return clamp((int64_t)present - 8 + pp_dice_roll(dice, 17), arg);
    default: return range == 0 ? pp_dice_bits(dice) : arg->min + pp_dice_roll(dice, range);
    }
}

// The driver sees a number as it is, or with its two bytes swapped, as in a packet.
static bool grant(const struct pp_wish *wish, const struct pp_arg_info *info, uint32_t *arg) {
    uint32_t to;
    if (*arg == wish->from) {
        to = wish->to;
    } else if (wish->from <= UINT16_MAX && wish->to <= UINT16_MAX && *arg == swapped(wish->from)) {
        to = swapped(wish->to);
    } else {
        return false;
    }
    if (to < info->min || to > info->max) {
        return false;
    }
    *arg = to;
    return true;
}

const struct pp_wish *pp_vary_pick_wish(struct pp_dice *dice) {
    return offer.wish_count > 0 ? &offer.wishes[pp_dice_roll(dice, offer.wish_count)] : NULL;
}

bool pp_vary_by_wish(const struct pp_wish *wish, const struct pp_op_info *info, struct pp_op *op) {
    for (uint32_t k = 0; k < info->arg_count; k++) {
        if (info->args[k].kind == PP_ARG_NUMBER && grant(wish, &info->args[k], &op->args[k])) {
            return true;
        }
    }
    return false;
}

// What to do with one of the `count` entries of a list that has room for `count_max`. The more
// there are, the more often one goes: programs must not silt up.
enum list_change { LIST_ADD, LIST_ALTER, LIST_REMOVE };

static enum list_change pick_list_change(struct pp_dice *dice, uint32_t count, uint32_t count_max) {
    uint32_t roll = pp_dice_roll(dice, 6);

    if (count == 0 || (roll < 2 && count < count_max)) {
        return LIST_ADD;
    }
    return roll < 2 + count ? LIST_REMOVE : LIST_ALTER;
}

static uint8_t pick_bit(struct pp_dice *dice, uint32_t bits) {
    uint32_t nth = pp_dice_roll(dice, (uint32_t)__builtin_popcount(bits));

    for (; nth > 0; nth--) {
        bits &= bits - 1;
    }
    return (uint8_t)__builtin_ctz(bits);
}

// Of `points`, those that ops of that kind came to; all of them now and then, and if nothing is known.
static uint32_t points_of(struct pp_dice *dice, const struct pp_op *op, uint32_t points,
                          const struct pp_reach *reach) {
    uint32_t known = 0;

    for (uint32_t i = 0; reach && i < PP_POINT_COUNT; i++) {
        known |= (uint32_t)(reach->points[op->kind][i] > 0) << i;
    }
    known &= points;
    return known == 0 || pp_dice_once_in(dice, 8) ? points : known;
}

static struct pp_fault pick_fault(struct pp_dice *dice, const struct pp_op *op, uint32_t points,
                                  const struct pp_reach *reach) {
    uint8_t point = pick_bit(dice, points);
    uint8_t calls = reach ? reach->points[op->kind][point] : 0;
    uint32_t nth = calls ? pp_dice_roll(dice, calls) : pp_dice_small(dice, 4);
    return (struct pp_fault){
        .point = point,
        // Mostly one of the first: most ops call less often than the one that called most.
        .nth = (uint8_t)(1 + (pp_dice_once_in(dice, 2) ? nth : pp_dice_small(dice, 2))),
        .is_persistent = pp_dice_once_in(dice, 4),
    };
}

static void alter_fault(struct pp_dice *dice, struct pp_fault *fault, uint32_t points) {
    switch (pp_dice_roll(dice, 4)) {
    case 0: fault->point = pick_bit(dice, points); break;
    case 1: fault->is_persistent = !fault->is_persistent; break;
    case 2: fault->nth = (uint8_t)(fault->nth > 1 ? fault->nth - 1 : 2); break;
    default: fault->nth = (uint8_t)(fault->nth < UINT8_MAX ? fault->nth + 1 : 1); break;
    }
}

bool pp_vary_fault(struct pp_dice *dice, struct pp_op *op, uint32_t points,
                   const struct pp_reach *reach) {
    enum list_change change = pick_list_change(dice, op->fault_count, PP_OP_FAULTS_MAX);
    uint32_t place = op->fault_count;
    points = points_of(dice, op, points, reach);
    struct pp_fault fault = pick_fault(dice, op, points, reach);

    if (change != LIST_ADD) {
        place = pp_dice_roll(dice, op->fault_count);
    }
    if (change == LIST_REMOVE) {
        op->faults[place] = op->faults[--op->fault_count];
        return true;
    }
    if (change == LIST_ALTER) {
        fault = op->faults[place];
        alter_fault(dice, &fault, points);
    }
    for (uint32_t i = 0; i < op->fault_count; i++) {
        if (i != place && op->faults[i].point == fault.point && op->faults[i].nth == fault.nth) {
            return false;
        }
    }
    op->faults[place] = fault;
    op->fault_count = (uint8_t)(op->fault_count + (change == LIST_ADD));
    return true;
}

bool pp_vary_outcome(struct pp_dice *dice, struct pp_op *op, const struct pp_reach *reach) {
    enum list_change change = pick_list_change(dice, op->outcome_count, PP_OP_OUTCOMES_MAX);

    if (change == LIST_ADD) {
        uint32_t known = reach && !pp_dice_once_in(dice, 8) ? reach->outcomes[op->kind] : 0;
        uint8_t point = known ? pick_bit(dice, known) : (uint8_t)pp_dice_roll(dice, PP_OUTCOME_COUNT);
        for (uint32_t i = 0; i < op->outcome_count; i++) {
            if (op->outcomes[i].point == point) {
                return false;
            }
        }
        op->outcomes[op->outcome_count++] = (struct pp_outcome){
            .point = point,
            .status = pick_bit(dice, pp_outcome_infos[point].statuses),
        };
        return true;
    }
    struct pp_outcome *outcome = &op->outcomes[pp_dice_roll(dice, op->outcome_count)];
    if (change == LIST_REMOVE) {
        *outcome = op->outcomes[--op->outcome_count];
        return true;
    }
    uint8_t status = pick_bit(dice, pp_outcome_infos[outcome->point].statuses);
    bool is_other = status != outcome->status;
    outcome->status = status;
    return is_other;
}

static void remove_choice(struct pp_op *op, uint32_t place) {
    op->choice_count--;
    memmove(&op->choices[place], &op->choices[place + 1],
            (op->choice_count - place) * sizeof op->choices[0]);
}

// Puts it where it belongs; false if there is one at that switch point.
static bool add_choice(struct pp_op *op, struct pp_choice choice) {
    uint32_t place = op->choice_count;

    while (place > 0 && pp_choice_place(&op->choices[place - 1]) >= pp_choice_place(&choice)) {
        place--;
    }
    if (place < op->choice_count && pp_choice_place(&op->choices[place]) == pp_choice_place(&choice)) {
        return false;
    }
    memmove(&op->choices[place + 1], &op->choices[place],
            (op->choice_count - place) * sizeof op->choices[0]);
    op->choices[place] = choice;
    op->choice_count++;
    return true;
}

// Half of the choices are between two calls. An op of which nothing is known makes some dozen calls.
static struct pp_choice pick_choice(struct pp_dice *dice, const struct pp_op *op,
                                    const struct pp_reach *reach) {
    uint32_t calls = reach ? reach->calls[op->kind] : 0;
    uint32_t accesses = reach ? reach->accesses[op->kind] : 0;
    uint32_t few = pp_dice_small(dice, 5);
    // One op of its kind may have made thousands, in a loop that polls; most make a dozen.
    uint32_t at = few <= calls && pp_dice_once_in(dice, 2) ? few
                  : calls                                  ? pp_dice_roll(dice, calls + 1)
                                                           : 1 + pp_dice_small(dice, 8);
    uint32_t behind = 0;

    if (at == 0 || pp_dice_once_in(dice, 2)) {
        // Mostly few: the accesses of an op are spread over its calls.
        behind =
            1 + (accesses ? pp_dice_small(dice, 33 - (uint32_t)__builtin_clz(accesses / (calls + 1) + 1))
                          : pp_dice_small(dice, 5));
    }
    return (struct pp_choice){
        .at = (uint16_t)(at < UINT16_MAX ? at : UINT16_MAX),
        .accesses = (uint16_t)(behind < UINT16_MAX ? behind : UINT16_MAX),
        .target = pp_dice_once_in(dice, 12) ? PP_TARGET_TIME : (uint8_t)pp_dice_small(dice, 3),
    };
}

static uint16_t step(struct pp_dice *dice, uint16_t value, uint16_t least) {
    int32_t stepped = value + (int32_t)pp_dice_roll(dice, 9) - 4;
    return (uint16_t)(stepped < least ? least : stepped > UINT16_MAX ? UINT16_MAX : stepped);
}

bool pp_vary_choice(struct pp_dice *dice, struct pp_op *op, const struct pp_reach *reach) {
    enum list_change change = pick_list_change(dice, op->choice_count, PP_OP_CHOICES_MAX);
    struct pp_choice choice = pick_choice(dice, op, reach);

    if (change == LIST_ADD) {
        return add_choice(op, choice);
    }
    uint32_t place = pp_dice_roll(dice, op->choice_count);
    struct pp_choice old = op->choices[place];
    if (change == LIST_ALTER && pp_dice_once_in(dice, 3)) {
        op->choices[place].target = choice.target;
        return choice.target != old.target;
    }
    remove_choice(op, place);
    if (change == LIST_ALTER) {
        // A step to a neighbour, mostly: which switch point matters is found by walking.
        if (!pp_dice_once_in(dice, 4)) {
            choice = old;
            if (old.accesses > 0) {
                choice.accesses = step(dice, old.accesses, 1);
            } else {
                choice.at = step(dice, old.at, 1);
            }
        }
        choice.target = old.target;
        return add_choice(op, choice) || add_choice(op, old);
    }
    return true;
}
