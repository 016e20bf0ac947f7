// SPDX-License-Identifier: MIT
#include "base/expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void pp_expect_failed(const char *condition, const char *file, int line, const char *format,
                                ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "poolproof is wrong: %s:%d: %s: ", file, line, condition);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}
