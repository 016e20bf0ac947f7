// SPDX-License-Identifier: MIT
// Code addresses to function names, read from the symbol table of this very binary: the same in every
// build, with or without a sanitizer, static functions included.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The function that contains `address`, or NULL. The text lives as long as the process.
const char *pp_symbol_name(uintptr_t address);

// "EchoWrite echo.c:212" if a symbolizer is at hand, else "EchoWrite". `address` is a return address.
void pp_symbol_describe(uintptr_t address, char *text, size_t capacity);
