// SPDX-License-Identifier: MIT
// The kernel's C library: what each function returns and leaves behind, and where a text ends.
#include "fibers.h"

#include "kernel/crt.h"

#include <ntcrt.h>

// What a driver calls by another name.
size_t pp_crt_wcslen(const wchar_t *text);
size_t pp_crt_strnlen(const char *text, size_t most);
char *pp_crt_strcpy(char *to, const char *from);
char *pp_crt_strncpy(char *to, const char *from, size_t size);
wchar_t *pp_crt_wcscat(wchar_t *to, const wchar_t *from);
char *pp_crt_strncat(char *to, const char *from, size_t most);
int pp_crt_strcmp(const char *left, const char *right);
int pp_crt_wcsncmp(const wchar_t *left, const wchar_t *right, size_t most);
int pp_crt__stricmp(const char *left, const char *right);
int pp_crt__wcsnicmp(const wchar_t *left, const wchar_t *right, size_t most);
char *pp_crt_strchr(const char *text, int c);
wchar_t *pp_crt_wcsrchr(const wchar_t *text, wchar_t c);
wchar_t *pp_crt_wcsstr(const wchar_t *text, const wchar_t *part);
size_t pp_crt_strspn(const char *text, const char *set);
size_t pp_crt_strcspn(const char *text, const char *set);
char *pp_crt_strpbrk(const char *text, const char *set);
char *pp_crt__strlwr(char *text);
wchar_t *pp_crt__wcsupr(wchar_t *text);
errno_t pp_crt_strcpy_s(char *to, size_t size, const char *from);
errno_t pp_crt_strncpy_s(char *to, size_t size, const char *from, size_t most);
errno_t pp_crt_wcscat_s(wchar_t *to, size_t size, const wchar_t *from);
errno_t pp_crt_memcpy_s(void *to, size_t size, const void *from, size_t count);
void *pp_crt_memchr(const void *memory, int c, size_t count);
int pp_crt_sprintf(char *to, const char *format, ...);
int pp_crt__snprintf(char *to, size_t size, const char *format, ...);
int pp_crt__snwprintf(wchar_t *to, size_t size, const wchar_t *format, ...);
int pp_crt_sprintf_s(char *to, size_t size, const char *format, ...);
int pp_crt__snprintf_s(char *to, size_t size, size_t most, const char *format, ...);
int pp_crt_atoi(const char *text);
long long pp_crt__wtoi64(const wchar_t *text);
char *pp_crt__itoa(int value, char *text, int base);
int pp_crt_isxdigit(int c);
int pp_crt_toupper(int c);
int pp_crt_rand(void);
void pp_crt_qsort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *));
void *pp_crt_bsearch(const void *key, const void *array, size_t count, size_t size,
                     int (*compare)(const void *, const void *));

#define is_wide(text, expect) (pp_crt_wcsncmp((text), (expect), SIZE_MAX) == 0)

static void test_text(void **state) {
    (void)state;
    char text[16];
    wchar_t wide[16] = L"ab";
    assert_int_equal(pp_crt_wcslen(L"abc"), 3);
    assert_int_equal(pp_crt_strnlen("abc", 2), 2);
    assert_string_equal(pp_crt_strcpy(text, "abc"), "abc");
    assert_string_equal(pp_crt_strncat(text, "defg", 2), "abcde");
    memset(text, 'x', sizeof(text));
    pp_crt_strncpy(text, "ab", 4);
    assert_memory_equal(text, "ab\0\0xx", 6);
    pp_crt_strncpy(text, "abcdef", 3);
    assert_memory_equal(text, "abc\0", 4);
    assert_true(is_wide(pp_crt_wcscat(wide, L"CD"), L"abCD"));
    assert_true(is_wide(pp_crt__wcsupr(wide), L"ABCD"));
    pp_crt_strcpy(text, "aB[`Z9");
    assert_string_equal(pp_crt__strlwr(text), "ab[`z9");
}

static void test_search(void **state) {
    (void)state;
    static const char text[] = "abcabc";
    static const wchar_t wide[] = L"abcabd";
    assert_int_equal(pp_crt_strcmp("abc", "abd"), -1);
    assert_int_equal(pp_crt_strcmp("abc", "ab"), 1);
    assert_int_equal(pp_crt_wcsncmp(L"abc", L"abd", 2), 0);
    assert_int_equal(pp_crt__stricmp("aBc", "AbC"), 0);
    assert_int_equal(pp_crt__wcsnicmp(L"aBcd", L"AbCx", 3), 0);
    assert_int_equal(pp_crt__wcsnicmp(L"a", L"A\u00e4", 9), -1);
    assert_ptr_equal(pp_crt_strchr(text, 'b'), text + 1);
    assert_ptr_equal(pp_crt_strchr(text, 0), text + 6);
    assert_null(pp_crt_strchr(text, 'x'));
    assert_ptr_equal(pp_crt_wcsrchr(wide, L'b'), wide + 4);
    assert_ptr_equal(pp_crt_wcsstr(wide, L"abd"), wide + 3);
    assert_null(pp_crt_wcsstr(wide, L"abx"));
    assert_ptr_equal(pp_crt_wcsstr(wide, L""), wide);
    assert_int_equal(pp_crt_strspn(text, "ab"), 2);
    assert_int_equal(pp_crt_strcspn(text, "c"), 2);
    assert_ptr_equal(pp_crt_strpbrk(text, "xc"), text + 2);
    assert_null(pp_crt_strpbrk(text, "x"));
    assert_ptr_equal(pp_crt_memchr(text, 'c', 3), text + 2);
    assert_null(pp_crt_memchr(text, 'c', 2));
}

static void test_secure_text(void **state) {
    (void)state;
    char text[4] = "xyz";
    wchar_t wide[4] = L"ab";
    assert_int_equal(pp_crt_strcpy_s(text, 4, "abc"), 0);
    assert_string_equal(text, "abc");
    assert_int_equal(pp_crt_strcpy_s(text, 4, "abcd"), 34);
    assert_string_equal(text, "");
    assert_int_equal(pp_crt_strcpy_s(text, 4, NULL), 22);
    assert_int_equal(pp_crt_strncpy_s(text, 4, "abcd", 2), 0);
    assert_string_equal(text, "ab");
    assert_int_equal(pp_crt_strncpy_s(text, 4, "abcd", _TRUNCATE), 80);
    assert_string_equal(text, "abc");
    assert_int_equal(pp_crt_wcscat_s(wide, 4, L"c"), 0);
    assert_true(is_wide(wide, L"abc"));
    assert_int_equal(pp_crt_wcscat_s(wide, 4, L"d"), 34);
    assert_int_equal(pp_crt_memcpy_s(text, 4, "12345", 5), 34);
    assert_int_equal(pp_crt_memcpy_s(text, 4, "123", 4), 0);
    assert_string_equal(text, "123");
}

static void test_format(void **state) {
    (void)state;
    char text[8];
    wchar_t wide[8];
    memset(text, 'x', sizeof(text));
    assert_int_equal(pp_crt_sprintf(text, "%d-%s", 12, "ab"), 5);
    assert_string_equal(text, "12-ab");
    memset(text, 'x', sizeof(text));
    assert_int_equal(pp_crt__snprintf(text, 3, "%u", 123), 3);  // it fits, but for its zero
    assert_memory_equal(text, "123x", 4);
    assert_int_equal(pp_crt__snprintf(text, 3, "%u", 4567), -1);
    assert_memory_equal(text, "456x", 4);
    assert_int_equal(pp_crt__snprintf(text, 4, "%u", 789), 3);
    assert_string_equal(text, "789");
    assert_int_equal(pp_crt__snwprintf(wide, 8, L"%ws%S", L"ab", "cd"), 4);
    assert_true(is_wide(wide, L"abcd"));
    assert_int_equal(pp_crt_sprintf_s(text, 4, "%u", 123), 3);
    assert_string_equal(text, "123");
    assert_int_equal(pp_crt_sprintf_s(text, 3, "%u", 123), -1);
    assert_string_equal(text, "");
    assert_int_equal(pp_crt__snprintf_s(text, 3, _TRUNCATE, "%u", 123), -1);
    assert_string_equal(text, "12");
    assert_int_equal(pp_crt__snprintf_s(text, 8, 2, "%u", 123), -1);
    assert_string_equal(text, "12");
}

static int compare(const void *left, const void *right) {
    return *(const int *)left - *(const int *)right;
}

static void test_numbers(void **state) {
    (void)state;
    int numbers[] = {5, -1, 3, 5, 0}, sorted[] = {-1, 0, 3, 5, 5}, three = 3, four = 4;
    char text[40];
    assert_int_equal(pp_crt_atoi(" \t-12x"), -12);
    assert_int_equal(pp_crt_atoi("x"), 0);
    assert_int_equal(pp_crt__wtoi64(L"+12345678901"), 12345678901);
    assert_string_equal(pp_crt__itoa(-10, text, 10), "-10");
    assert_string_equal(pp_crt__itoa(-1, text, 16), "ffffffff");
    assert_string_equal(pp_crt__itoa(5, text, 2), "101");
    assert_true(pp_crt_isxdigit('f') && pp_crt_isxdigit('A') && !pp_crt_isxdigit('g'));
    assert_int_equal(pp_crt_toupper('z'), 'Z');
    pp_crt_qsort(numbers, 5, sizeof(int), compare);
    assert_memory_equal(numbers, sorted, sizeof(numbers));
    assert_ptr_equal(pp_crt_bsearch(&three, numbers, 5, sizeof(int), compare), &numbers[2]);
    assert_null(pp_crt_bsearch(&four, numbers, 5, sizeof(int), compare));
    pp_crt_reset();
    assert_int_equal(pp_crt_rand(), 41);  // Microsoft's first
    assert_int_equal(pp_crt_rand(), 18467);
}

int main(void) {
    const struct CMUnitTest tests[] = {FIBERS_TEST(test_text), FIBERS_TEST(test_search),
                                       FIBERS_TEST(test_secure_text), FIBERS_TEST(test_format),
                                       FIBERS_TEST(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
