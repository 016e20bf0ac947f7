// SPDX-License-Identifier: MIT
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

// Writes what the format says to `text`, memory of the world's of `capacity` characters, without a zero
// at its end, and returns how many characters that was; what does not fit is left out, and one character
// stays free. What the format names is touched on the driver's behalf.
size_t pp_format(void *text, size_t capacity, bool is_wide, const void *format, va_list args);
