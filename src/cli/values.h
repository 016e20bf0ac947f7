// SPDX-License-Identifier: MIT
// Values from a file, for a fuzzer to try: what a driver looks for and does not compare in one piece.
#pragma once
#include <stdbool.h>

// One number, or CTL_CODE(device type, function, method, access), a line; "#" begins a comment. Complains
// and returns false if the file cannot be read or has something else in it.
bool pp_values_read(const char *path);
