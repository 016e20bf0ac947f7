// SPDX-License-Identifier: MIT
// Opaque handles: addresses in a range that is never mapped, so that a driver that looks into one is
// caught in the act, and a number can be had from any value that a driver passes.
#pragma once
#include <stdint.h>

enum pp_handle_kind {
    PP_HANDLE_POOL,
    PP_HANDLE_PROTOCOL,
    PP_HANDLE_BINDING,
    PP_HANDLE_BIND_CONTEXT,
    PP_HANDLE_UNBIND_CONTEXT,
    PP_HANDLE_DEVICE,    // NdisRegisterDeviceEx
    PP_HANDLE_MINIPORT,  // of an adapter
    PP_HANDLE_KERNEL,    // to a kernel object
    PP_HANDLE_THREAD,
};

#define PP_HANDLE_BASE 0x5d0000000000u
#define PP_HANDLE_STRIDE 64u
#define PP_HANDLE_KIND_SHIFT 32
#define PP_HANDLE_NONE UINT32_MAX

static inline void *pp_handle_make(enum pp_handle_kind kind, uint32_t index) {
    return (void *)(PP_HANDLE_BASE + ((uint64_t)kind << PP_HANDLE_KIND_SHIFT) +
                    (uint64_t)index * PP_HANDLE_STRIDE);
}

// The number in a handle of that kind with at most `count` handles made so far, else PP_HANDLE_NONE.
static inline uint32_t pp_handle_index(enum pp_handle_kind kind, const volatile void *handle,
                                       uint32_t count) {
    uint64_t offset = (uintptr_t)handle - (PP_HANDLE_BASE + ((uint64_t)kind << PP_HANDLE_KIND_SHIFT));
    uint64_t index = offset / PP_HANDLE_STRIDE;
    return offset % PP_HANDLE_STRIDE == 0 && index < count ? (uint32_t)index : PP_HANDLE_NONE;
}
