// SPDX-License-Identifier: MIT
// Digests of what a driver can change, to be compared later. Only of live structures; what they read may
// be closed to the driver.
#pragma once
#include <ndis.h>
#include <stdbool.h>
#include <stdint.h>

// The fields that belong to NDIS, and those that belong to miniport drivers.
uint64_t pp_digest_nbl_reserved(const NET_BUFFER_LIST *nbl);
uint64_t pp_digest_nb_reserved(const NET_BUFFER *nb);
uint64_t pp_digest_nbl_miniports(const NET_BUFFER_LIST *nbl);
uint64_t pp_digest_nb_miniports(const NET_BUFFER *nb);

// The fields that a retreat changes; never 0.
uint64_t pp_digest_nb_place(const NET_BUFFER *nb);

// `length` bytes that begin `offset` bytes into a chain, as far as it goes. However it is cut into MDLs,
// equal bytes have equal digests.
uint64_t pp_digest_chain(const MDL *first, uint64_t offset, uint64_t length);

// True if these bytes of a chain are 0.
bool pp_digest_is_zero(const MDL *first, uint64_t offset, uint64_t length);

uint64_t pp_digest_bytes(uint64_t address, uint64_t size);
