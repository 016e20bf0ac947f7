// SPDX-License-Identifier: MIT
// The randomness of mutations and schedules: splitmix64, a pure function of its seed.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct pp_dice {
    uint64_t state;
};

static inline uint32_t pp_dice_bits(struct pp_dice *dice) {
    uint64_t mixed = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mixed >> 32);
}

// 0 .. sides - 1; sides > 0. The bias of the multiplication does not matter here.
static inline uint32_t pp_dice_roll(struct pp_dice *dice, uint32_t sides) {
    return (uint32_t)((uint64_t)pp_dice_bits(dice) * sides >> 32);
}

// True once in `times`, on average.
static inline bool pp_dice_once_in(struct pp_dice *dice, uint32_t times) {
    return pp_dice_roll(dice, times) == 0;
}

// 0 .. 2^bits_max - 1, each magnitude equally often, so mostly small.
static inline uint32_t pp_dice_small(struct pp_dice *dice, uint32_t bits_max) {
    return pp_dice_roll(dice, UINT32_C(1) << pp_dice_roll(dice, bits_max + 1));
}
