// SPDX-License-Identifier: MIT
// The C library, as far as the kernel has it. Characters are compared and changed as in the C locale.
//
// Source: learn.microsoft.com/cpp/c-runtime-library/crt-alphabetical-function-reference.
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

typedef int errno_t;

#define PP_CRT_TEXT(Length, NLength, Copy, NCopy, Cat, NCat, Cmp, NCmp, Chr, RChr, Str, Spn, CSpn, \
                    PBrk, ICmp, NICmp, Lwr, Upr, CopyS, NCopyS, CatS, NCatS, Char)                 \
    size_t Length(const Char *);                                                                   \
    size_t NLength(const Char *, size_t);                                                          \
    Char *Copy(Char *, const Char *);                                                              \
    Char *NCopy(Char *, const Char *, size_t);                                                     \
    Char *Cat(Char *, const Char *);                                                               \
    Char *NCat(Char *, const Char *, size_t);                                                      \
    int Cmp(const Char *, const Char *);                                                           \
    int NCmp(const Char *, const Char *, size_t);                                                  \
    Char *Chr(const Char *, PP_CRT_INT_##Char);                                                    \
    Char *RChr(const Char *, PP_CRT_INT_##Char);                                                   \
    Char *Str(const Char *, const Char *);                                                         \
    size_t Spn(const Char *, const Char *);                                                        \
    size_t CSpn(const Char *, const Char *);                                                       \
    Char *PBrk(const Char *, const Char *);                                                        \
    int ICmp(const Char *, const Char *);                                                          \
    int NICmp(const Char *, const Char *, size_t);                                                 \
    Char *Lwr(Char *);                                                                             \
    Char *Upr(Char *);                                                                             \
    errno_t CopyS(Char *, size_t, const Char *);                                                   \
    errno_t NCopyS(Char *, size_t, const Char *, size_t);                                          \
    errno_t CatS(Char *, size_t, const Char *);                                                    \
    errno_t NCatS(Char *, size_t, const Char *, size_t);
#define PP_CRT_INT_char int
#define PP_CRT_INT_wchar_t wchar_t

PP_CRT_TEXT(strlen, strnlen, strcpy, strncpy, strcat, strncat, strcmp, strncmp, strchr, strrchr, strstr,
            strspn, strcspn, strpbrk, _stricmp, _strnicmp, _strlwr, _strupr, strcpy_s, strncpy_s,
            strcat_s, strncat_s, char)
PP_CRT_TEXT(wcslen, wcsnlen, wcscpy, wcsncpy, wcscat, wcsncat, wcscmp, wcsncmp, wcschr, wcsrchr, wcsstr,
            wcsspn, wcscspn, wcspbrk, _wcsicmp, _wcsnicmp, _wcslwr, _wcsupr, wcscpy_s, wcsncpy_s,
            wcscat_s, wcsncat_s, wchar_t)

// Without `_s`, what does not fit is cut off, and then there is no zero at its end and the result is
// negative.
int sprintf(char *, const char *, ...);
int vsprintf(char *, const char *, va_list);
int _snprintf(char *, size_t, const char *, ...);
int _vsnprintf(char *, size_t, const char *, va_list);
int sprintf_s(char *, size_t, const char *, ...);
int vsprintf_s(char *, size_t, const char *, va_list);
int _snprintf_s(char *, size_t, size_t, const char *, ...);
int _vsnprintf_s(char *, size_t, size_t, const char *, va_list);
int swprintf(wchar_t *, const wchar_t *, ...);
int vswprintf(wchar_t *, const wchar_t *, va_list);
int _swprintf(wchar_t *, const wchar_t *, ...);
int _snwprintf(wchar_t *, size_t, const wchar_t *, ...);
int _vsnwprintf(wchar_t *, size_t, const wchar_t *, va_list);
int swprintf_s(wchar_t *, size_t, const wchar_t *, ...);
int vswprintf_s(wchar_t *, size_t, const wchar_t *, va_list);
int _snwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, ...);
int _vsnwprintf_s(wchar_t *, size_t, size_t, const wchar_t *, va_list);
#define _TRUNCATE ((size_t)-1)

errno_t memcpy_s(void *, size_t, const void *, size_t);
errno_t memmove_s(void *, size_t, const void *, size_t);

int atoi(const char *);
int _wtoi(const wchar_t *);
long long _atoi64(const char *);
long long _wtoi64(const wchar_t *);
char *_itoa(int, char *, int);
wchar_t *_itow(int, wchar_t *, int);

int tolower(int);
int toupper(int);
int isdigit(int);
int isxdigit(int);
int isspace(int);
int isalpha(int);
int isalnum(int);
int isupper(int);
int islower(int);
int isprint(int);
wchar_t towlower(wchar_t);
wchar_t towupper(wchar_t);

int rand(void);
void srand(unsigned);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
