// SPDX-License-Identifier: MIT
// Every way in which a text can be wrong, and what its writer is told, to the letter: the message
// is what a person works from, so it is what is tested.
#include <poolproof/program.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define V "poolproof 1\n"
#define P "poolproof 1 pool\n"
#define AB V "a0 = adapter()\nb0 = bind(a0)\n"

static const struct {
    const char *text;
    uint32_t line, column;
    const char *message;
} cases[] = {
    // version
    {"", 1, 1, "missing version line: \"poolproof 1\" must come first"},
    {"# only a comment\n", 2, 1, "missing version line: \"poolproof 1\" must come first"},
    {"# x\n\n  load()\n", 3, 3, "missing version line: \"poolproof 1\" must come first"},
    {"poolproof 2\n", 1, 11, "format version 2, this build reads 1"},
    {"poolproof 10\n", 1, 11, "format version 10, this build reads 1"},
    {"poolproof x\n", 1, 11, "format version x, this build reads 1"},
    {"poolproof\n", 1, 10, "the format version is missing, this build reads 1"},
    {"poolproof 1 load()\n", 1, 13, "unknown language \"load\"; it is one of protocol, pool"},
    {"poolproof 1 pol\n", 1, 13, "unknown language \"pol\"; did you mean \"pool\"?"},
    {"poolproof 1 pool load()\n", 1, 18, "only a comment may follow the version"},
    {"poolproof 1 (\n", 1, 13, "only a comment may follow the version"},
    {V V, 2, 1, "unknown op \"poolproof\"; \"list ops\" shows them all"},
    // bytes
    {V "load()", 2, 7, "the last line has no newline: is the text cut off?"},
    {V "loa", 2, 4, "the last line has no newline: is the text cut off?"},
    {V "# x\x01\n", 2, 4, "control character 0x01"},
    {V "load()\rload()\n", 2, 7, "control character 0x0d"},
    {V "# \x7f\n", 2, 3, "control character 0x7f"},
    {V "\xc3\xa9()\n", 2, 1, "expected an op, as in \"word(...)\""},
    {V "load\xc3\n", 2, 5, "expected \"(\" after load, not byte 0xc3"},
    // op
    {V "lod()\n", 2, 1, "unknown op \"lod\"; did you mean \"load\"?"},
    {AB "restrat(b0)\n", 4, 1, "unknown op \"restrat\"; did you mean \"restart\"?"},
    {V "xyzzy()\n", 2, 1, "unknown op \"xyzzy\"; \"list ops\" shows them all"},
    {V "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa()\n", 2, 1,
     "unknown op \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"; \"list ops\" shows them all"},
    {V "(a0)\n", 2, 1, "expected an op, as in \"word(...)\""},
    {V "a0 = \n", 2, 6, "expected an op, as in \"word(...)\""},
    {V "load\n", 2, 5, "the line ends where \"(\" should follow load"},
    {V "load # (\n", 2, 6, "expected \"(\" after load, not '#'"},
    {V "load(\n", 2, 6, "the line ends where \")\" should follow the arguments"},
    {V "nbl_pool()\n", 2, 1, "nbl_pool is an op of pool programs, this is a protocol program"},
    {P "  restart(b0)\n", 2, 3, "restart is an op of protocol programs, this is a pool program"},
    {P "nbl_pol()\n", 2, 1, "unknown op \"nbl_pol\"; did you mean \"nbl_pool\"?"},
    // names
    {V "adapter()\n", 2, 1, "adapter names an object: write \"a0 = adapter(...)\""},
    {V "a1 = adapter()\n", 2, 1, "the next object that adapter names is a0, not a1"},
    {V "b0 = adapter()\n", 2, 1, "the next object that adapter names is a0, not b0"},
    {V "a00 = adapter()\n", 2, 1, "the next object that adapter names is a0, not a00"},
    {V "a0 = adapter()\na0 = adapter()\n", 3, 1, "the next object that adapter names is a1, not a0"},
    {V "a0 = load()\n", 2, 1, "load names no object: leave out \"a0 =\""},
    // handles
    {V "restart()\n", 2, 9, "restart needs a handle like b0 here"},
    {AB "restart(a0)\n", 4, 9, "restart needs a handle like b0 here"},
    {AB "restart(b)\n", 4, 9, "restart needs a handle like b0 here"},
    {AB "restart(b00)\n", 4, 9, "restart needs a handle like b0 here"},
    {AB "restart(b0x)\n", 4, 9, "restart needs a handle like b0 here"},
    {V "restart(b0)\n", 2, 9, "unknown handle b0: no op above names it"},
    {V "b0 = bind(a0)\na0 = adapter()\n", 2, 11, "unknown handle a0: no op above names it"},
    {AB "restart(b1)\n", 4, 9, "unknown handle b1: the last one named above is b0"},
    {AB "restart(b65536)\n", 4, 9, "unknown handle b65536: the last one named above is b0"},
    {AB "restart(b4294967296)\n", 4, 9, "unknown handle b4294967296: the last one named above is b0"},
    {AB "restart(b0 b0)\n", 4, 12, "expected \",\" after an argument, not 'b'"},
    {AB "restart(b0, b0)\n", 4, 13, "unknown argument \"b0\"; \"list ops\" shows those of restart"},
    // arguments
    {V "a0 = adapter(mtv: 5)\n", 2, 14, "unknown argument \"mtv\"; did you mean \"mtu\"?"},
    {V "a0 = adapter(zz: 5)\n", 2, 14, "unknown argument \"zz\"; \"list ops\" shows those of adapter"},
    {V "a0 = adapter(mtu 64)\n", 2, 18, "expected \":\" after mtu, not '6'"},
    {V "a0 = adapter(mtu: 64,)\n", 2, 22, "expected an argument of adapter, as in \"word: value\""},
    {V "a0 = adapter(mtu: 64 mtu: 65)\n", 2, 22, "expected \",\" after an argument, not 'm'"},
    {V "a0 = adapter(mtu: 64, mtu: 65)\n", 2, 23, "mtu is given twice"},
    {V "a0 = adapter(mtu: 63)\n", 2, 19, "mtu 63 is out of range 64 to 9000"},
    {V "a0 = adapter(mtu: 9001)\n", 2, 19, "mtu 9001 is out of range 64 to 9000"},
    {V "a0 = adapter(mtu: 99999999999999999999999)\n", 2, 19,
     "mtu 99999999999999999999999 is out of range 64 to 9000"},
    {V "a0 = adapter(mtu: -1)\n", 2, 19, "mtu must be a number from 64 to 9000"},
    {V "a0 = adapter(mtu: 64k)\n", 2, 19, "mtu must be a number from 64 to 9000"},
    {V "a0 = adapter(mtu: 64.5)\n", 2, 21, "expected \",\" after an argument, not '.'"},
    {V "a0 = adapter(mtu:)\n", 2, 18, "mtu must be a number from 64 to 9000"},
    {V "a0 = adapter(mtu: 64\n", 2, 21, "the line ends where \")\" should follow the arguments"},
    {V "memory(reuse: lifi)\n", 2, 15, "unknown reuse \"lifi\"; did you mean \"lifo\"?"},
    {V "memory(reuse: x)\n", 2, 15, "unknown reuse \"x\"; it is one of never, fifo, lifo"},
    // attributes
    {V "load() x\n", 2, 8, "expected an attribute, a comment or the line's end"},
    {V "load() (\n", 2, 9, "unknown attribute \"\"; there are fail, outcome and at"},
    {V "load() (fial: x)\n", 2, 9, "unknown attribute \"fial\"; did you mean \"fail\"?"},
    {V "load() (fail nbl.allocate 1)\n", 2, 14, "expected \":\" after fail, not 'n'"},
    {V "load() (fail: nbl.alocate 1)\n", 2, 15,
     "unknown fault point \"nbl.alocate\"; did you mean \"nbl.allocate\"?"},
    {V "load() (fail: what 1)\n", 2, 15, "unknown fault point \"what\"; \"list points\" shows them all"},
    {V "load() (fail: open 1)\n", 2, 15, "open has outcomes: write \"(outcome: open = status)\""},
    {P "p0 = nbl_pool() (fail: link.create 1)\n", 2, 24, "link.create cannot fail in pool programs"},
    {P "p0 = nbl_pool() (at: 1 -> 1)\n", 2, 18, "pool programs have no attribute \"at\""},
    {P "p0 = nbl_pool() (outcome: open = pending)\n", 2, 18,
     "pool programs have no attribute \"outcome\""},
    {V "load() (fail: mdl.map)\n", 2, 22, "the call must be a number from 1 to 255"},
    {V "load() (fail: mdl.map 0)\n", 2, 23, "the call 0 is out of range 1 to 255"},
    {V "load() (fail: mdl.map 256)\n", 2, 23, "the call 256 is out of range 1 to 255"},
    {V "load() (fail: mdl.map 1.)\n", 2, 24, "expected \")\" after the attribute, not '.'"},
    {V "load() (fail: mdl.map 1\n", 2, 24, "the line ends where \")\" should follow the attribute"},
    {V "load() (fail: mdl.map 1) (fail: mdl.map 1..)\n", 2, 41, "mdl.map 1 fails already"},
    {V "load() (fail: mdl.map 1) (fail: mdl.map 2) (fail: mdl.map 3) (fail: mdl.map 4) "
       "(fail: mdl.map 5)\n",
     2, 87, "more than 4 faults in one op"},
    {V "load() (outcome: opne = pending)\n", 2, 18,
     "unknown outcome point \"opne\"; did you mean \"open\"?"},
    {V "load() (outcome: mdl.map = pending)\n", 2, 18,
     "mdl.map has no outcomes: write \"(fail: mdl.map 1)\""},
    {V "load() (outcome: open pending)\n", 2, 23, "expected \"=\" after the point, not 'p'"},
    {V "load() (outcome: close = failure)\n", 2, 26, "close answers pending; not \"failure\""},
    {V "load() (outcome: open = never)\n", 2, 25,
     "open answers pending, failure, resources, adapter_not_found, unsupported_media; not "
     "\"never\""},
    {V "load() (outcome: open = pending) (outcome: open = failure)\n", 2, 44,
     "open has its outcome already"},
    {V "load() (outcome: open = pending) (outcome: close = pending) (outcome: register = failure) "
       "(outcome: oid = pending) "
       "(outcome: send = paused)\n",
     2, 126, "more than 4 outcomes in one op"},
    {V "load() (at: 0 -> 1)\n", 2, 13, "the first switch point is 1, or 0+1"},
    {V "load() (at: 65536 -> 1)\n", 2, 13, "the switch point 65536 is out of range 0 to 65535"},
    {V "load() (at: 1+0 -> 1)\n", 2, 15, "the number of accesses 0 is out of range 1 to 65535"},
    {V "load() (at: 1 > 1)\n", 2, 15, "expected \"->\" after the switch point, not '>'"},
    {V "load() (at: 1 -> 256)\n", 2, 18, "the fiber 256 is out of range 0 to 254"},
    {V "load() (at: 1 -> dpc)\n", 2, 18, "the fiber must be a number from 0 to 254"},
    {V "load() (at: 5 -> 0) (at: 5 -> 1)\n", 2, 26, "switch points must ascend"},
    {V "load() (at: 5+2 -> 0) (at: 5+1 -> 1)\n", 2, 28, "switch points must ascend"},
    {V "load() (at: 1->0) (at: 2->0) (at: 3->0) (at: 4->0) (at: 5->0) (at: 6->0) (at: 7->0) "
       "(at: 8->0) (at: 9->0) (at: 10->0) (at: 11->0) (at: 12->0) (at: 13->0)\n",
     2, 148, "more than 12 choices in one op"},
};

static void refuse(const char *text, size_t size, uint32_t line, uint32_t column, const char *message) {
    static struct pp_program program, untouched;
    struct pp_error error = {0};

    memset(&program, 0x3c, sizeof program);
    untouched = program;
    if (pp_program_parse(text, size, &program, &error)) {
        fail_msg("accepted: %s", text);
    }
    if (strcmp(error.message, message) != 0 || error.line != line || error.column != column) {
        fail_msg("%s\nsays %u:%u: %s\nnot  %u:%u: %s", text, error.line, error.column, error.message,
                 line, column, message);
    }
    assert_memory_equal(&program, &untouched, sizeof program);
}

static void test_messages(void **state) {
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        refuse(cases[i].text, strlen(cases[i].text), cases[i].line, cases[i].column, cases[i].message);
    }
}

static void test_line_endings_do_not_shift_places(void **state) {
    (void)state;
    static const char text[] = "# x\r\npoolproof 1\r\n\r\nload() y\r\n";
    refuse(text, strlen(text), 4, 8, "expected an attribute, a comment or the line's end");
}

static void test_nul_bytes(void **state) {
    (void)state;
    static const char text[] = "poolproof 1\nlo\0ad()\n";
    refuse(text, sizeof text - 1, 2, 3, "NUL byte; is this a binary program?");
    refuse("\0", 1, 1, 1, "NUL byte; is this a binary program?");
    refuse(NULL, 0, 1, 1, "missing version line: \"poolproof 1\" must come first");
}

static void test_too_many_ops(void **state) {
    (void)state;
    static char text[8192];
    size_t length = (size_t)snprintf(text, sizeof text, V);
    for (unsigned i = 0; i <= PP_PROGRAM_OPS_MAX; i++) {
        length += (size_t)snprintf(text + length, sizeof text - length, "load()\n");
    }
    refuse(text, length, PP_PROGRAM_OPS_MAX + 2, 1, "more than 256 ops");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_line_endings_do_not_shift_places),
        cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_too_many_ops),
    };
    return cmocka_run_group_tests_name("program parse errors", tests, NULL, NULL);
}
