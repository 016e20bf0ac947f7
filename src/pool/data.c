// SPDX-License-Identifier: MIT
// The bytes of NBs: looked at in place, copied together, copied from NB to NB.
#include "base/touch.h"
#include "pool/cursor.h"

#include <string.h>

static bool copy_bytes(char *to, const char *from, size_t length) {
    if (!pp_touch_write(to, length) || !pp_touch_read(from, length)) {
        return false;
    }
    memmove(to, from, length);
    return true;
}

static bool is_aligned(const char *bytes, UINT multiple, UINT offset) {
    return multiple <= 1 || ((uintptr_t)bytes - offset) % multiple == 0;
}

// A23: what is not where it should be is copied to the storage, which is taken to be aligned.
PVOID pp_arena_get_data(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT align_multiple,
                        UINT align_offset) {
    if (!pp_arena_is_nb(nb) || nb->stDataLength < bytes) {
        return NULL;
    }
    struct pp_cursor at = pp_cursor_at(nb);
    if (bytes == 0) {
        return at.mdl != NULL ? (char *)at.mdl->MappedSystemVa + at.offset : NULL;
    }
    char *run;
    uint32_t length = pp_cursor_take(&at, bytes, &run);
    if (length == bytes && is_aligned(run, align_multiple, align_offset)) {
        return run;
    }
    if (storage == NULL) {
        return NULL;
    }
    for (ULONG done = 0; done < bytes; length = pp_cursor_take(&at, bytes - done, &run)) {
        if (length == 0 || !copy_bytes((char *)storage + done, run, length)) {
            return NULL;
        }
        done += length;
    }
    return storage;
}

NDIS_STATUS pp_arena_copy(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                          ULONG from_offset, ULONG *ret_copied) {
    *ret_copied = 0;
    if (!pp_arena_is_nb(to) || !pp_arena_is_nb(from)) {
        return NDIS_STATUS_FAILURE;
    }
    uint64_t there = from->stDataLength > from_offset ? from->stDataLength - from_offset : 0;
    uint64_t wanted = there < bytes ? there : bytes;
    struct pp_cursor source = pp_cursor_at(from);
    struct pp_cursor target = pp_cursor_at(to);
    pp_cursor_skip(&source, from_offset);
    pp_cursor_skip(&target, to_offset);
    while (*ret_copied < wanted) {
        char *to_bytes;
        char *from_bytes;
        uint32_t room = pp_cursor_take(&target, wanted - *ret_copied, &to_bytes);
        uint32_t length = pp_cursor_take(&source, room, &from_bytes);
        if (length == 0 || !copy_bytes(to_bytes, from_bytes, length)) {
            break;
        }
        target.offset -= room - length;  // the rest of it is for the next run
        *ret_copied += length;
    }
    return NDIS_STATUS_SUCCESS;
}

ULONG pp_arena_physical_count(NET_BUFFER *nb) {
    if (!pp_arena_is_nb(nb) || nb->MdlChain == NULL) {
        return 0;
    }
    struct pp_cursor at = pp_cursor_at(nb);
    uint64_t rest = nb->stDataLength;
    ULONG count = 0;
    char *run;
    uint32_t length;
    while ((length = pp_cursor_take(&at, rest, &run)) > 0) {
        count += (ULONG)ADDRESS_AND_SIZE_TO_SPAN_PAGES(run, length);
        rest -= length;
    }
    return count > 0 ? count : 1;
}
