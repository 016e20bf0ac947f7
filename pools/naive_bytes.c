// SPDX-License-Identifier: MIT
// The bytes of an NB, wherever in its chain of MDLs they are. Used data starts at CurrentMdl and
// CurrentMdlOffset, which whoever calls has right; a chain that is shorter than it should be only means
// fewer bytes.
#include "naive.h"

#include <string.h>

struct naive_place naive_place_in(const NET_BUFFER *nb, ULONG skip) {
    return (struct naive_place){.mdl = nb->CurrentMdl, .offset = (size_t)nb->CurrentMdlOffset + skip};
}

PP_POOL_WALKS ULONG naive_bytes_at(struct naive_place *place, ULONG max) {
    while (place->mdl != NULL && place->offset >= place->mdl->ByteCount) {
        place->offset -= place->mdl->ByteCount;
        place->mdl = ++place->links < NAIVE_CHAIN_MAX ? place->mdl->Next : NULL;
    }
    if (place->mdl == NULL || place->mdl->MappedSystemVa == NULL) {
        return 0;
    }
    size_t there = place->mdl->ByteCount - place->offset;
    return there < max ? (ULONG)there : max;
}

PP_POOL_WALKS char *naive_address_at(const struct naive_place *place) {
    return (char *)((ULONG_PTR)place->mdl->MappedSystemVa + place->offset);
}

// Fewer than `length` if the chain ends.
static ULONG read_bytes(struct naive_place *from, char *to, ULONG length) {
    ULONG done = 0, piece;
    while ((piece = naive_bytes_at(from, length - done)) > 0) {
        memmove(to + done, naive_address_at(from), piece);
        from->offset += piece;
        done += piece;
    }
    return done;
}

static bool is_aligned(const char *address, UINT multiple, UINT offset) {
    return multiple == 0 || ((ULONG_PTR)address - offset) % multiple == 0;
}

// Bytes that lie in one MDL are not copied if they are aligned; storage is taken to be (A23).
PVOID naive_get_data(NET_BUFFER *nb, ULONG bytes, PVOID storage, UINT align_multiple,
                     UINT align_offset) {
    if (naive_find(nb, NAIVE_NB) == NULL || bytes > nb->DataLength) {
        return NULL;
    }
    struct naive_place place = naive_place_in(nb, 0);
    if (bytes == 0) {
        return place.mdl != NULL ? naive_address_at(&place) : NULL;
    }
    if (naive_bytes_at(&place, bytes) == bytes &&
        is_aligned(naive_address_at(&place), align_multiple, align_offset)) {
        return naive_address_at(&place);
    }
    return storage != NULL && read_bytes(&place, storage, bytes) == bytes ? storage : NULL;
}

// The source ends with its used data, the destination with its chain.
NDIS_STATUS naive_copy(NET_BUFFER *to, ULONG to_offset, ULONG bytes, const NET_BUFFER *from,
                       ULONG from_offset, ULONG *ret_copied) {
    if (naive_find(to, NAIVE_NB) == NULL || naive_find(from, NAIVE_NB) == NULL || ret_copied == NULL) {
        return NDIS_STATUS_FAILURE;
    }
    struct naive_place source = naive_place_in(from, from_offset);
    struct naive_place target = naive_place_in(to, to_offset);
    ULONG left = from_offset < from->DataLength ? from->DataLength - from_offset : 0;
    left = left < bytes ? left : bytes;
    *ret_copied = 0;
    ULONG piece;
    while ((piece = naive_bytes_at(&target, naive_bytes_at(&source, left))) > 0) {
        memmove(naive_address_at(&target), naive_address_at(&source), piece);
        source.offset += piece;
        target.offset += piece;
        left -= piece;
        *ret_copied += piece;
    }
    return NDIS_STATUS_SUCCESS;
}

ULONG naive_physical_count(NET_BUFFER *nb) {
    if (naive_find(nb, NAIVE_NB) == NULL || nb->CurrentMdl == NULL) {
        return 0;
    }
    struct naive_place place = naive_place_in(nb, 0);
    ULONG count = 0, left = nb->DataLength, piece;
    while ((piece = naive_bytes_at(&place, left)) > 0) {
        count += ADDRESS_AND_SIZE_TO_SPAN_PAGES(naive_address_at(&place), piece);
        place.offset += piece;
        left -= piece;
    }
    return count > 0 ? count : 1;
}
