// SPDX-License-Identifier: MIT
// A clock that is a second further each time somebody looks at it, planted into the command line.
#include <time.h>

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    static time_t seconds;

    (void)clock;
    *now = (struct timespec){.tv_sec = ++seconds};
    return 0;
}
