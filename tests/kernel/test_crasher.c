// SPDX-License-Identifier: MIT
// However a driver crashes, it is a finding that names its function, and the next run is as if nothing
// had been.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/driver.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif

static struct pp_verdict verdict;
static struct pp_program program;

// In the order of the driver's control codes.
static const char *const titles[] = {
    "poolproof: MEM-NULL: NULL used in CallNull",
    "poolproof: MEM-WILD: memory used that does not exist in CallNowhere",
    "poolproof: MEM-WILD: memory used that does not exist in CallData",
    "poolproof: MEM-NULL: NULL read from in ReadNull",
    "poolproof: MEM-WILD: memory used that does not exist in WriteNowhere",
    "poolproof: MEM-WILD: memory used that does not exist in WriteConstant",
    "poolproof: UNDEFINED: undefined behaviour in Divide",
    "poolproof: UNDEFINED: undefined behaviour in Overflow",
    "poolproof: ASSERT: breakpoint reached in Break",
    "poolproof: BUGCHECK: KeBugCheckEx called in BugCheck",
    "poolproof: STACK-OVERRUN: kernel stack overrun in Recurse",
    "poolproof: ENDLESS: endless loop in Spin",
    "poolproof: UNDEFINED: undefined behaviour in Smash",
    "poolproof: STUCK: IRP never completes, waits for an event that nobody sets in WaitForEver",
};
#define TITLE_COUNT (sizeof(titles) / sizeof(titles[0]))
#define NO_CRASH 200u

static void play(unsigned code) {
    char text[200];
    struct pp_error error;
    snprintf(text, sizeof(text), "poolproof 1\na0 = adapter()\nf0 = create(a0)\nioctl(f0, code: %u)\n",
             code);
    assert_true(pp_program_parse(text, strlen(text), &program, &error));
    pp_run(pp_driver_find("crasher"), &program, NULL, &verdict);
}

#define READ_NULL 3u
#define OVERFLOW 7u
#define SMASH 12u

// Builds that see reads and writes say more than that NULL was used; what is undefined and does not trap
// by itself only a sanitizer sees.
static const char *title_here(unsigned code) {
    bool is_sanitized = __has_feature(address_sanitizer);
    if (!is_sanitized && code == READ_NULL) {
        return "poolproof: MEM-NULL: NULL used in ReadNull";
    }
    return is_sanitized || (code != OVERFLOW && code != SMASH) ? titles[code] : NULL;
}

static void test_crashes_name_their_function(void **state) {
    (void)state;
    play(NO_CRASH);
    assert_false(verdict.is_finding);
    uint64_t digest = verdict.digest;
    for (unsigned code = 0; code < TITLE_COUNT; code++) {
        const char *title = title_here(code);
        if (title != NULL) {
            play(code);
            assert_true(verdict.is_finding);
            assert_string_equal(verdict.finding.title, title);
        }
        play(NO_CRASH);
        assert_false(verdict.is_finding);
        assert_true(verdict.digest == digest);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_crashes_name_their_function)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
