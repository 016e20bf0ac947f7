// SPDX-License-Identifier: MIT
// For what only our own mistake can make false. Always on; says what it saw and aborts.
#pragma once

#define pp_expect(condition, ...)                                          \
    do {                                                                   \
        if (__builtin_expect(!(condition), 0)) {                           \
            pp_expect_failed(#condition, __FILE__, __LINE__, __VA_ARGS__); \
        }                                                                  \
    } while (0)

_Noreturn void pp_expect_failed(const char *condition, const char *file, int line, const char *format,
                                ...) __attribute__((format(printf, 4, 5)));
