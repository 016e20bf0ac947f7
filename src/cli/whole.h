// SPDX-License-Identifier: MIT
// Files as a whole: read within a limit, written so that a reader finds the old one or the new one.
// All complain about what goes wrong, and then return false.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// Reads a file of 1 .. capacity bytes. One that is too long is refused by its size, without
// reading.
bool pp_whole_read(const char *path, void *bytes, size_t capacity, size_t *ret_size);

// Writes into a temporary file beside it, syncs, renames. On failure what was there stays.
bool pp_whole_write(const char *path, const void *bytes, size_t size);

// Tries, before there is something to write, whether the file's folder takes files; makes it if need be.
bool pp_whole_can_write(const char *path);

// Makes the folder, and those above it, unless it is there, and tries whether files can be written.
bool pp_whole_folder(const char *path);
