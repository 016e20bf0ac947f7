// SPDX-License-Identifier: MIT
// Addresses to names of functions and variables, read from the symbol table of this very binary: the
// same in every build, with or without a sanitizer, static ones included.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The function that contains `address`, or NULL. The text lives as long as the process.
const char *pp_symbol_name(uintptr_t address);

// The variable that contains `address`, and at which of its bytes, or NULL.
const char *pp_symbol_variable(uintptr_t address, uintptr_t *ret_offset);

// "EchoWrite echo.c:212" if a symbolizer is at hand, else "EchoWrite". `address` is a return address.
void pp_symbol_describe(uintptr_t address, char *text, size_t capacity);
