// SPDX-License-Identifier: MIT
// A file that holds a program, in text or in bytes.
#pragma once
#include <poolproof/program.h>

#define PP_LOAD_BYTES_MAX (1024 * 1024)

// Complains and returns false if there is no program in it. Text tells its language, bytes are of
// `language`. The file's bytes stay in *ret_bytes until the next call.
bool pp_load(const char *path, enum pp_language language, struct pp_program *ret_program,
             const uint8_t **ret_bytes, size_t *ret_size);

#define PP_LOAD_DIGEST_LENGTH 16

// Complains and returns false if the file cannot be read. XXH3 of its bytes, in hex digits.
bool pp_load_digest(const char *path, char ret_digits[PP_LOAD_DIGEST_LENGTH + 1]);

// The last part of a path.
const char *pp_load_base_name(const char *path);
