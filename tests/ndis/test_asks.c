// SPDX-License-Identifier: MIT
// What a driver asks NDIS for, and how NDIS may answer: to register, to unbind, to bind again, to tell a
// name. Binds may come before the registration returns.
#include "tests/check/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poolproof/run.h>
#include <stdio.h>
#include <string.h>

static struct pp_verdict verdict;
static char log_text[1024];

static void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void log_line(const char *format, ...) {
    size_t length = strlen(log_text);
    va_list args;
    va_start(args, format);
    vsnprintf(log_text + length, sizeof(log_text) - length, format, args);
    va_end(args);
}

static void expect_log(const struct fixture_steps *steps, const char *ops, const char *expect) {
    log_text[0] = '\0';
    fixture_play(steps, ops, NULL, &verdict);
    if (verdict.is_finding) {
        fail_msg("%s\n%s", verdict.finding.title, verdict.finding.detail);
    }
    assert_string_equal(log_text, expect);
}

// An adapter is known as what it was bound as.
static NDIS_STATUS look_up_interface(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NET_LUID luid = parameters->BoundIfNetluid;
    NET_IFINDEX index = 0;
    if (NdisIfGetInterfaceIndexFromNetLuid(luid, &index) == NDIS_STATUS_SUCCESS) {
        log_line("%d,%d;", index == parameters->BoundIfIndex, luid.Info.IfType);
    }
    luid.Info.NetLuidIndex++;
    log_line("%d;", NdisIfGetInterfaceIndexFromNetLuid(luid, &index) == NDIS_STATUS_INTERFACE_NOT_FOUND);
    return fixture_bind(bind_context, parameters);
}

static void test_interface(void **state) {
    (void)state;
    const struct fixture_steps steps = {.bind = look_up_interface};
    expect_log(&steps, "a0 = adapter()\nb0 = bind(a0)\n", "1,6;1;");
    expect_log(&steps, "a0 = adapter()\na1 = adapter()\nb0 = bind(a0)\n", "1,6;0;");
}

#define RUNNING "a0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"

static NDIS_STATUS log_bind(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    log_line("bind;");
    return fixture_bind(bind_context, parameters);
}

static NDIS_STATUS log_pause(NET_PNP_EVENT_NOTIFICATION *notification) {
    (void)notification;
    log_line("pause;");
    fixture_stop();
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS log_unbind(NDIS_HANDLE unbind_context) {
    log_line("unbind;");
    return fixture_unbind(unbind_context);
}

// === Registering ===

static NTSTATUS log_loaded(void) {
    log_line("loaded;");
    return STATUS_SUCCESS;
}

// Its DriverEntry meets two switch points before the one inside the registration.
static void test_binds_come_before_the_registration_returns(void **state) {
    (void)state;
    const struct fixture_steps steps = {.load = log_loaded, .bind = log_bind, .unbind = log_unbind};
    expect_log(&steps, "a0 = adapter()\nload()  (at: 3 -> 0)\nb0 = bind(a0)\n", "bind;loaded;unbind;");
    expect_log(&steps, "a0 = adapter()\nload()\nb0 = bind(a0)\n", "loaded;bind;unbind;");
}

static NDIS_STATUS fail_options(NDIS_HANDLE handle, NDIS_HANDLE context) {
    NDIS_DRIVER_OPTIONAL_HANDLERS handlers = {.Header = {.Type = 0}};
    NDIS_STATUS status = NdisSetOptionalHandlers(handle, &handlers);
    log_line("options of %s: %x;", context == &fixture ? "the driver" : "nobody", (unsigned)status);
    return status;
}

// A registration that its own ProtocolSetOptions refuses has never been.
static NTSTATUS register_with_options(void) {
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS entries;
    NDIS_HANDLE protocol = NULL;
    fixture_fill_entries(&entries);
    entries.SetOptionsHandler = fail_options;
    NDIS_STATUS status = NdisRegisterProtocolDriver(&fixture, &entries, &protocol);
    log_line("%x%s;", (unsigned)status, protocol != NULL ? " handle" : "");
    if (status == NDIS_STATUS_SUCCESS) {
        NdisDeregisterProtocolDriver(protocol);
    }
    return STATUS_SUCCESS;
}

static void log_uninstall(void) { log_line("uninstall at %u;", KeGetCurrentIrql()); }

static NTSTATUS register_with_uninstall(void) {
    NDIS_HANDLE protocol = NULL;
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS entries;
    fixture_fill_entries(&entries);
    entries.UninstallHandler = log_uninstall;
    NdisRegisterProtocolDriver(&fixture, &entries, &protocol);
    log_line("registered;");
    NdisDeregisterProtocolDriver(protocol);
    log_line("gone;");
    return STATUS_SUCCESS;
}

static void test_uninstall_is_told(void **state) {
    (void)state;
    const struct fixture_steps steps = {.load = register_with_uninstall};
    expect_log(&steps, "load()\n", "registered;uninstall at 0;gone;");
}

static void test_registration_fails(void **state) {
    (void)state;
    const struct fixture_steps options = {.load = register_with_options};
    expect_log(&options, "load()\n", "options of the driver: 0;0 handle;");
    expect_log(&options, "load()  (outcome: options = not_supported)\n",
               "options of the driver: c00000bb;c00000bb;");
    expect_log(&options, "load()  (outcome: options = resources)\n",
               "options of the driver: c000009a;c000009a;");
    const struct fixture_steps steps = {.load = log_loaded};
    expect_log(&steps, "load()  (outcome: register = bad_version)\n", "loaded;");
    assert_null(fixture.protocol);
}

// === Unbinding ===

static NTSTATUS ask_for_unbind(IRP *irp) {
    NDIS_STATUS status = NdisUnbindAdapter(fixture.binding);
    log_line("asked %x;", (unsigned)status);
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

static void test_unbind_is_asked_for(void **state) {
    (void)state;
    const struct fixture_steps steps = {
        .write = ask_for_unbind, .pause = log_pause, .unbind = log_unbind};
    expect_log(&steps, RUNNING "write(f0)\nclose(f0)\n", "asked 0;pause;unbind;");
    expect_log(&steps, RUNNING "write(f0)  (outcome: unbind_adapter = success)\nclose(f0)\n",
               "pause;unbind;asked 0;");
    expect_log(&steps, RUNNING "write(f0)  (outcome: unbind_adapter = pending)\nclose(f0)\nunbind(b0)\n",
               "asked 0;pause;unbind;");
    expect_log(&steps,
               RUNNING "write(f0)  (outcome: unbind_adapter = resources)\nclose(f0)\nunbind(b0)\n",
               "asked c000009a;pause;unbind;");
}

// Who asks in the middle of something that the unbind waits for is not waited for.
static void ask_in_receive(NET_BUFFER_LIST *chain, ULONG flags) {
    log_line("asked %x;", (unsigned)NdisUnbindAdapter(fixture.binding));
    fixture_receive(chain, flags);
}

static void test_unbind_is_asked_for_in_a_receive(void **state) {
    (void)state;
    const struct fixture_steps steps = {
        .receive = ask_in_receive, .pause = log_pause, .unbind = log_unbind};
    expect_log(&steps, RUNNING "close(f0)\nreceive(b0)  (outcome: unbind_adapter = success)\n",
               "pause;asked 0;unbind;");
}

// === Binding again ===

static NTSTATUS reenumerate(IRP *irp) {
    NdisReEnumerateProtocolBindings(fixture.protocol);
    log_line("asked;");
    return fixture_end_irp(irp, STATUS_SUCCESS);
}

#define ENDED RUNNING "unbind(b0)\n"

static void test_bindings_come_again(void **state) {
    (void)state;
    const struct fixture_steps steps = {.bind = log_bind, .write = reenumerate, .unbind = log_unbind};
    expect_log(&steps, ENDED "write(f0)\nclose(f0)\n", "bind;unbind;asked;");
    expect_log(&steps, ENDED "write(f0)  (outcome: reenumerate = success)\nclose(f0)\n",
               "bind;unbind;bind;asked;unbind;");
    expect_log(&steps, ENDED "write(f0)  (outcome: reenumerate = pending)\nclose(f0)\nrestart(b0)\n",
               "bind;unbind;asked;bind;unbind;");
    // What is bound is left alone.
    expect_log(&steps, RUNNING "write(f0)  (outcome: reenumerate = success)\nclose(f0)\n",
               "bind;asked;unbind;");
}

static void test_an_adapter_is_bound_once(void **state) {
    (void)state;
    const struct fixture_steps steps = {.bind = log_bind, .unbind = log_unbind};
    expect_log(&steps, "a0 = adapter()\nb0 = bind(a0)\nb1 = bind(a0)\n", "bind;unbind;");
    expect_log(&steps, "a0 = adapter()\nb0 = bind(a0)\nunbind(b0)\nb1 = bind(a0)\n",
               "bind;unbind;bind;unbind;");
}

// === Opening, names ===

static NDIS_STATUS open_token_ring(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_MEDIUM media[] = {NdisMedium802_5, NdisMedium802_3};
    for (UINT count = 1; count <= 2; count++) {
        UINT selected = 9;
        NDIS_OPEN_PARAMETERS open = {.AdapterName = parameters->AdapterName,
                                     .MediumArray = media,
                                     .MediumArraySize = count,
                                     .SelectedMediumIndex = &selected};
        NDIS_STATUS status =
            NdisOpenAdapterEx(fixture.protocol, &fixture, &open, bind_context, &fixture.binding);
        log_line("%u: %x, %u;", (unsigned)count, (unsigned)status, (unsigned)selected);
    }
    fixture_make_pools();
    return NDIS_STATUS_SUCCESS;
}

static void test_the_medium_is_looked_for(void **state) {
    (void)state;
    const struct fixture_steps steps = {.bind = open_token_ring};
    expect_log(&steps, "a0 = adapter()\nb0 = bind(a0)\n", "1: c0010019, 9;2: 0, 1;");
}

static NDIS_STATUS ask_for_names(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters) {
    NDIS_STRING names[2];
    NDIS_STATUS status = NdisQueryBindInstanceName(&names[0], bind_context);
    if (status != NDIS_STATUS_SUCCESS) {
        log_line("%x;", (unsigned)status);
        return status;
    }
    fixture_bind(bind_context, parameters);
    NdisQueryAdapterInstanceName(&names[1], fixture.binding);
    for (int i = 0; i < 2; i++) {
        for (USHORT k = 0; k < names[i].Length / sizeof(WCHAR); k++) {
            log_line("%c", (char)names[i].Buffer[k]);
        }
        log_line(";");
        NdisFreeMemory(names[i].Buffer, 0, 0);
    }
    return NDIS_STATUS_SUCCESS;
}

static void test_adapters_have_names(void **state) {
    (void)state;
    const struct fixture_steps steps = {.bind = ask_for_names};
    expect_log(&steps, "a0 = adapter()\na1 = adapter()\nb0 = bind(a1)\n",
               "poolproof adapter 001;poolproof adapter 001;");
    expect_log(&steps, "a0 = adapter()\nb0 = bind(a0)  (fail: memory.allocate 1)\n", "c000009a;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interface),
        cmocka_unit_test(test_binds_come_before_the_registration_returns),
        cmocka_unit_test(test_registration_fails),
        cmocka_unit_test(test_uninstall_is_told),
        cmocka_unit_test(test_unbind_is_asked_for),
        cmocka_unit_test(test_unbind_is_asked_for_in_a_receive),
        cmocka_unit_test(test_bindings_come_again),
        cmocka_unit_test(test_an_adapter_is_bound_once),
        cmocka_unit_test(test_the_medium_is_looked_for),
        cmocka_unit_test(test_adapters_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
