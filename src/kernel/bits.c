// SPDX-License-Identifier: MIT
// Memory and bitmaps.
#include "base/touch.h"
#include "kernel/learn.h"

#include <stdbool.h>
#include <wdm.h>

#define WORD_BITS 32u

SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length) {
    if (!pp_touch_read(Source1, Length) || !pp_touch_read(Source2, Length)) {
        return 0;
    }
    pp_learn_memory(Source1, Source2, Length);
    SIZE_T equal = 0;
    while (equal < Length && ((const UCHAR *)Source1)[equal] == ((const UCHAR *)Source2)[equal]) {
        equal++;
    }
    return equal;
}

static SIZE_T bytes_of(const RTL_BITMAP *map) {
    return (map->SizeOfBitMap + (SIZE_T)WORD_BITS - 1) / WORD_BITS * sizeof(ULONG);
}

static bool use(RTL_BITMAP *map) {
    return pp_touch_read(map, sizeof(*map)) && pp_touch_write(map->Buffer, bytes_of(map));
}

VOID RtlInitializeBitMap(RTL_BITMAP *BitMapHeader, ULONG *BitMapBuffer, ULONG SizeOfBitMap) {
    if (pp_touch_write(BitMapHeader, sizeof(*BitMapHeader))) {
        *BitMapHeader = (RTL_BITMAP){SizeOfBitMap, BitMapBuffer};
    }
}

VOID RtlClearAllBits(RTL_BITMAP *BitMapHeader) {
    if (use(BitMapHeader)) {
        RtlZeroMemory(BitMapHeader->Buffer, bytes_of(BitMapHeader));
    }
}

static bool is_set(const RTL_BITMAP *map, ULONG bit) {
    return (map->Buffer[bit / WORD_BITS] >> bit % WORD_BITS & 1) != 0;
}

// Bits behind the end do not count.
static void change(RTL_BITMAP *map, ULONG first, ULONG count, bool is_to_set) {
    for (ULONG i = 0; i < count && first < map->SizeOfBitMap && i < map->SizeOfBitMap - first; i++) {
        ULONG *word = &map->Buffer[(first + i) / WORD_BITS];
        ULONG mask = 1u << (first + i) % WORD_BITS;
        *word = is_to_set ? *word | mask : *word & ~mask;
    }
}

VOID RtlSetBits(RTL_BITMAP *BitMapHeader, ULONG StartingIndex, ULONG NumberToSet) {
    if (use(BitMapHeader)) {
        change(BitMapHeader, StartingIndex, NumberToSet, /*is_to_set=*/true);
    }
}

VOID RtlClearBits(RTL_BITMAP *BitMapHeader, ULONG StartingIndex, ULONG NumberToClear) {
    if (use(BitMapHeader)) {
        change(BitMapHeader, StartingIndex, NumberToClear, /*is_to_set=*/false);
    }
}

BOOLEAN RtlTestBit(RTL_BITMAP *BitMapHeader, ULONG BitNumber) {
    return use(BitMapHeader) && BitNumber < BitMapHeader->SizeOfBitMap &&
           is_set(BitMapHeader, BitNumber);
}

// The first run of that many clear bits in [from, to), or MAXULONG.
static ULONG find_clear(const RTL_BITMAP *map, ULONG wanted, ULONG from, ULONG to) {
    ULONG run = 0;
    for (ULONG i = from; i < to; i++) {
        run = is_set(map, i) ? 0 : run + 1;
        if (run == wanted) {
            return i + 1 - wanted;
        }
    }
    return MAXULONG;
}

// From the hint on, then from the start.
ULONG RtlFindClearBitsAndSet(RTL_BITMAP *BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
    if (!use(BitMapHeader) || NumberToFind == 0) {
        return MAXULONG;
    }
    ULONG size = BitMapHeader->SizeOfBitMap;
    ULONG found = HintIndex < size ? find_clear(BitMapHeader, NumberToFind, HintIndex, size) : MAXULONG;
    if (found == MAXULONG) {
        found = find_clear(BitMapHeader, NumberToFind, 0, size);
    }
    if (found != MAXULONG) {
        change(BitMapHeader, found, NumberToFind, /*is_to_set=*/true);
    }
    return found;
}
