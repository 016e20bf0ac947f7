// SPDX-License-Identifier: MIT
// The report is the product: one in full, as people read it. Source lines (only builds with a symbolizer
// have them) and the digest are left out of the comparison.
#include "corpus.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static const char expected[] =
    "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with NBLs in flight in StopSending\n"
    "\n"
    "  rule     an NBL pool is freed only when it has no live NBL\n"
    "  source   D:nblapi/nf-nblapi-ndisfreenetbufferlistpool.md\n"
    "  found    by op 5, NetPnPEvent(Pause), at PASSIVE_LEVEL\n"
    "      StopSending\n"
    "      NetPnPEvent\n"
    "  NBL pool p0: live\n"
    "    made by op 2, NetPnPEvent(Restart)\n"
    "      AllocateNblPool\n"
    "      NetPnPEvent\n"
    "  1 of its NBLs live:\n"
    "  NBL n0: in flight\n"
    "    made by op 4, IRP_MJ_WRITE\n"
    "      Write\n"
    "    sent by op 4, IRP_MJ_WRITE\n"
    "      Write\n"
    "\n"
    "program:\n"
    "  poolproof 1\n"
    "        0  a0 = adapter()\n"
    "        1  b0 = bind(a0)\n"
    "        2  restart(b0)\n"
    "        3  f0 = create(a0)\n"
    "        4  write(f0)\n"
    "  ->    5  unbind(b0)\n"
    "\n"
    "faults: 0 armed, 0 fired\n"
    "\n"
    "last events (number, op, what):\n"
    "     38    3  IRP ends irp0 0\n"
    "     39    3  leave IRP_MJ_CREATE irp0 success 0\n"
    "     40    3  IRP answered irp0 IRP_MJ_CREATE success 0 1\n"
    "     41    4  op write\n"
    "     42    4  IRP made irp1 0 4 0 60\n"
    "     43    4  IRP part irp1 1 mdl0 48\n"
    "     44    4  IRP part irp1 0 ? 60\n"
    "     45    4  enter IRP_MJ_WRITE irp1\n"
    "     46    4  acquire lock ev0 2 0 0\n"
    "     47    4  release lock ev0 2 2 0\n"
    "     48    4  allocate NBL p0 1 mdl0 ? 60 0+0\n"
    "     49    4  NBL made n0 p0 nb0 ?\n"
    "     50    4  mark IRP pending irp1\n"
    "     51    4  send b0 n0 0\n"
    "     52    4  send taken b0 n0\n"
    "     53    4  send arrives b0 n0\n"
    "     54    4  leave IRP_MJ_WRITE irp1 pending 0\n"
    "     55    5  op unbind\n"
    "     56    5  binding pausing b0\n"
    "     57    5  PnP event b0 pnp2 8 30\n"
    "     58    5  enter NetPnPEvent(Pause) b0\n"
    "     59    5  acquire lock ev0 2 0 0\n"
    "     60    5  release lock ev0 2 2 0\n"
    "     61    5  free NBL pool p0\n"
    "\n"
    "driver pool_freed_in_flight, digest -\n"
    "replay: poolproof run this.prog\n";

static char report[1 << 16], normal[1 << 16];
static struct pp_verdict verdict;

static const struct pp_program *find_program(const char *path) {
    size_t count;
    const struct corpus_entry *entry = corpus_read(path, &count);
    assert_int_equal(count, 1);
    return &entry->program;
}

// Stack lines lose what stands behind the function, the digest becomes "-".
static void normalise(const char *text, char *to) {
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        const char *digest = memmem(text, length, "digest ", 7);
        size_t kept = length;
        if (strncmp(text, "      ", 6) == 0 && text[6] != ' ') {
            kept = 6 + strcspn(text + 6, " \n");
        } else if (digest != NULL) {
            kept = (size_t)(digest + 7 - text);
        }
        memcpy(to, text, kept);
        to += kept;
        if (digest != NULL) {
            *to++ = '-';
        }
        *to++ = '\n';
        text += length + (text[length] == '\n');
    }
    *to = '\0';
}

static void test_whole_report(void **state) {
    (void)state;
    const struct pp_driver *driver = pp_driver_find("pool_freed_in_flight");
    const struct pp_program *program = find_program("regressions/planted/pool_freed_in_flight.prog");
    corpus_run(driver, program, &verdict);
    assert_true(verdict.is_finding);
    size_t length =
        pp_run_report(driver, program, &verdict, "poolproof run this.prog", report, sizeof(report));
    assert_int_equal(length, strlen(report));
    normalise(report, normal);
    assert_string_equal(normal, expected);
}

// Faults that fired are named, and a finding of the tear-down says so.
static void test_faults_and_tear_down(void **state) {
    (void)state;
    const struct pp_driver *driver = pp_driver_find("nbl_leaked_on_failure");
    const struct pp_program *program = find_program("regressions/planted/nbl_leaked_on_failure.prog");
    corpus_run(driver, program, &verdict);
    assert_true(verdict.is_finding);
    pp_run_report(driver, program, &verdict, "-", report, sizeof(report));
    assert_non_null(strstr(report, "\nprogram (found in the tear-down):\n"));
    assert_null(strstr(report, "->"));
    assert_non_null(strstr(report, "\nfaults: 1 armed, 1 fired\n  nb.allocate failed 1 of 1 times\n"));
    assert_non_null(strstr(report, " in the tear-down, "));
}

// Of more than 32 bits: programs have none, every address is one.
static bool has_wide_number(const char *text) {
    while ((text = strstr(text, "0x")) != NULL) {
        text += 2;
        if (strspn(text, "0123456789abcdefABCDEF") > 8) {
            return true;
        }
    }
    return false;
}

// One line for a person, and for whoever sorts by it: no address, no number of an object.
static void test_report_has_no_addresses(void **state) {
    (void)state;
    for (const struct pp_driver *const *driver = pp_driver_list(); *driver != NULL; driver++) {
        size_t count;
        const struct corpus_entry *entries = corpus_read("regressions/planted/", &count);
        for (size_t i = 0; i < count; i++) {
            corpus_run(*driver, &entries[i].program, &verdict);
            if (verdict.is_finding) {
                pp_run_report(*driver, &entries[i].program, &verdict, "-", report, sizeof(report));
                normalise(report, normal);
                assert_false(has_wide_number(normal));
                assert_null(strstr(normal, "5e00"));
                assert_null(strstr(verdict.finding.title, "0x"));
                assert_int_equal(strncmp(verdict.finding.title, "poolproof: ", 11), 0);
            }
        }
    }
}

// What does not fit is cut off, and ends.
static void test_small_report_is_cut(void **state) {
    (void)state;
    const struct pp_driver *driver = pp_driver_find("pool_freed_in_flight");
    const struct pp_program *program = find_program("regressions/planted/pool_freed_in_flight.prog");
    corpus_run(driver, program, &verdict);
    pp_run_report(driver, program, &verdict, "-", report, sizeof(report));
    for (size_t capacity = 1; capacity < 200; capacity += 33) {
        memset(normal, 'x', sizeof(normal));
        size_t length = pp_run_report(driver, program, &verdict, "-", normal, capacity);
        assert_int_equal(length, capacity - 1);
        assert_memory_equal(normal, report, length);
        assert_int_equal(normal[length], '\0');
        assert_int_equal(normal[capacity], 'x');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_report),
        cmocka_unit_test(test_faults_and_tear_down),
        cmocka_unit_test(test_report_has_no_addresses),
        cmocka_unit_test(test_small_report_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
