// SPDX-License-Identifier: MIT
// Which build this is: what one says of a driver does not hold for another.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// XXH3 of the running executable's bytes. Complains and returns false if they cannot be read.
bool pp_build_digest(uint64_t *ret_digest);
