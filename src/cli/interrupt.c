// SPDX-License-Identifier: MIT
#include "interrupt.h"

#include <signal.h>

static volatile sig_atomic_t has_come;

static void on_signal(int number) {
    (void)number;
    has_come = 1;
}

// The second Ctrl-C gets the usual answer, should the first one find us stuck.
void pp_interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool pp_interrupt_came(void) { return has_come; }
