// SPDX-License-Identifier: MIT
// What the tests of the rules are made of: a small correct protocol driver, each step of which a test
// can replace by one that misbehaves, and a table of cases. A case is one rule, one driver that breaks
// it and must get exactly this title, and one that does the nearest legal thing and must get none.
//
// The driver writes each IRP as one NBL over the IRP's MDL, has one binding, and holds the pause until
// its sends are back. A step that replaces another does all that the other does; the functions below are
// the parts to do it with.
#pragma once
#include <ndis.h>
#include <poolproof/actions.h>
#include <stdbool.h>
#include <stdint.h>

// NULL: the correct driver's own step.
struct fixture_steps {
    NTSTATUS (*load)(void);  // in DriverEntry, when device and protocol are there
    void (*unload)(void);    // in DriverUnload, before device and protocol go
    NDIS_STATUS (*bind)(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters);
    NDIS_STATUS (*unbind)(NDIS_HANDLE unbind_context);
    NDIS_STATUS (*pause)(NET_PNP_EVENT_NOTIFICATION *notification);
    NDIS_STATUS (*restart)(void);
    NDIS_STATUS (*event)(NDIS_HANDLE context, NET_PNP_EVENT_NOTIFICATION *notification);  // no pause
    void (*status)(NDIS_STATUS_INDICATION *indication);
    void (*oid_complete)(NDIS_OID_REQUEST *request, NDIS_STATUS status);
    void (*open_complete)(NDIS_STATUS status);
    void (*close_complete)(void);
    NTSTATUS (*write)(IRP *irp);
    NTSTATUS (*read)(IRP *irp);
    NTSTATUS (*control)(IRP *irp);
    NTSTATUS (*create)(IRP *irp);
    NTSTATUS (*cleanup)(IRP *irp);
    void (*send_complete)(NET_BUFFER_LIST *chain);
    void (*receive)(NET_BUFFER_LIST *chain, ULONG flags);
    const struct pp_action *actions;
};

// What the driver keeps. Zero when a run begins.
struct fixture {
    DRIVER_OBJECT *driver;
    DEVICE_OBJECT *device;
    NDIS_HANDLE protocol;
    NDIS_HANDLE binding;
    NDIS_HANDLE nbl_pool;     // NBLs with an NB and room for an IRP pointer
    NDIS_HANDLE nb_pool;      // bare NBs
    NDIS_EVENT adapter_done;  // an open or close that was pending has completed
    NDIS_STATUS open_status;
    NDIS_EVENT oid_done;  // an OID request that was pending has completed
    NDIS_STATUS oid_status;
    NDIS_SPIN_LOCK lock;  // guards what follows
    bool is_running;
    LONG holds;              // one while running, one per send
    NDIS_EVENT sends_done;   // holds has dropped to zero
    ULONG completion_flags;  // of the last completion
    unsigned reached_count;  // see fixture_reached
    void *kept[8];           // a test's own
};

extern struct fixture fixture;

// Said by each replaced step where it does what it is about: silence of a step that never ran proves
// nothing.
void fixture_reached(void);

// Receiving: gives the chain back, unless it was lent with RESOURCES.
void fixture_receive(NET_BUFFER_LIST *chain, ULONG flags);
void fixture_return(NET_BUFFER_LIST *chain);

// Pools as drivers make them.
NDIS_HANDLE fixture_make_nbl_pool(bool has_nb, uint32_t data_size);
NDIS_HANDLE fixture_make_nb_pool(uint32_t data_size);
void *fixture_take_memory(uint32_t size);

// The driver's entries, as it registers them.
void fixture_fill_entries(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *entries);

// Binding: pools, then the open. Unbinding: wait for sends, close, wait for the close, pools.
NDIS_STATUS fixture_bind(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters);
NDIS_STATUS fixture_unbind(NDIS_HANDLE unbind_context);
NDIS_STATUS fixture_open(NDIS_HANDLE bind_context, NDIS_BIND_PARAMETERS *parameters);
void fixture_close(void);
void fixture_make_pools(void);
void fixture_free_pools(void);
void fixture_stop(void);
void fixture_start(void);

// Sending. fixture_make_send returns NULL if there is no memory; fixture_send counts the send and sends
// it; fixture_end_send frees the NBL, completes its IRP and takes back the count.
NET_BUFFER_LIST *fixture_make_send(IRP *irp);
void fixture_send(NET_BUFFER_LIST *nbl);
void fixture_end_send(NET_BUFFER_LIST *nbl);
NTSTATUS fixture_write(IRP *irp);
bool fixture_hold(void);
void fixture_release(void);
NTSTATUS fixture_end_irp(IRP *irp, NTSTATUS status);

// OID requests. fixture_fill_oid prepares one, a set if `is_set`; fixture_oid makes it and waits for it.
void fixture_fill_oid(NDIS_OID_REQUEST *request, bool is_set, NDIS_OID oid, void *buffer,
                      uint32_t bytes);
NDIS_STATUS fixture_oid(NDIS_OID_REQUEST *request);
NDIS_STATUS fixture_set(NDIS_OID oid, void *buffer, uint32_t bytes);

// Plays ops (without their version line; NULL: load()) against the driver with these steps.
struct pp_run_options;
struct pp_verdict;
void fixture_play(const struct fixture_steps *act, const char *ops, const struct pp_run_options *options,
                  struct pp_verdict *ret_verdict);

// Which builds can tell.
enum check_build { CHECK_ANY_BUILD, CHECK_WITH_GUARD, CHECK_WITHOUT_GUARD };

struct check_case {
    const char *rule;
    const char *title;      // of the finding; NULL for a rule that only counts
    const char *detail;     // a line of the report, without its indentation; NULL: any
    uint32_t advice_count;  // rules that only count: how often it is broken
    struct fixture_steps catches;
    struct fixture_steps silent;
    const char *program;         // of both, without its version line; NULL: load()
    const char *silent_program;  // if it differs
    enum check_build build;
};

// A program that writes once, and whose every step is in order.
extern const char check_one_write[];

// Runs both halves of each case as a cmocka test of its own, and what breaks the rule once more without
// any rules; the result of main.
int check_run(const char *family, const struct check_case *cases, size_t count);
#define CHECK_RUN(family, cases) check_run(family, cases, sizeof(cases) / sizeof((cases)[0]))
