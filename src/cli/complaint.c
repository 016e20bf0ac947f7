// SPDX-License-Identifier: MIT
#include "complaint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pp_complain(const char *place, const char *format, ...) {
    char reason[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    fprintf(stderr, "error: %s: %s\n", place, reason);
}

bool pp_complain_about_stdout(void) {
    static bool is_lost;

    errno = 0;
    if (!is_lost && (fflush(stdout) != 0 || ferror(stdout))) {
        is_lost = true;
        if (errno == 0) {
            // It was an earlier part of the output; to hear why, one more is tried.
            putchar('\n');
            fflush(stdout);
        }
        pp_complain("stdout", "%s", errno ? strerror(errno) : "output was lost");
    }
    return !is_lost;
}
