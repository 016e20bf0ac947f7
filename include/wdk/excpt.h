// SPDX-License-Identifier: MIT
// Structured exceptions, compiled away: nothing raises one here. A guarded body runs as it stands, a filter and
// its handler never do, a termination handler runs when the body has come to its end. `return` and `goto` out of
// a body skip its termination handler, and `__leave` is refused.
//
// Sources: learn.microsoft.com/cpp/c-language/try-except-statement-c, .../try-finally-statement-c.
#pragma once

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#define __try if (1)
#define __except(Filter) else
#define __finally
#define __leave pp_leave_is_not_supported()

#define GetExceptionCode() 0
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)0)
#define AbnormalTermination() 0
#define _exception_code() 0
#define _abnormal_termination() 0
