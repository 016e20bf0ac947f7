// SPDX-License-Identifier: MIT
#include "workers.h"

#include "base/grow.h"
#include "complaint.h"
#include "interrupt.h"
#include "parcel.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS 200  // an interrupt that came just before is seen then

struct worker {
    pid_t id;
    int pipe;  // what it has done comes from there; -1: it is done
    struct pp_parcel parcel;
};

struct crew {
    const struct pp_enumeration *all;
    uint32_t first, end;
    uint32_t next;  // branch to be handed on
    pp_part_sink sink;
    void *context;
    bool is_enough;
    struct pp_enumerated *parts;  // by branch, counted from `first`
    bool *is_there;
    struct worker workers[PP_JOBS_MAX];
    uint32_t worker_count;
    _Atomic uint32_t *taken;  // branches, by all workers
};

// Each takes the next branch that nobody has.
static _Noreturn void work(const struct crew *crew, int pipe, pid_t parent) {
    static struct pp_enumerated part;
    struct pp_parcel parcel = {0};
    uint32_t branch;

    // An interrupt is for the parent, which ends us; should it be gone, we go, too.
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1);
    }

    while ((branch = crew->first + atomic_fetch_add(crew->taken, 1)) < crew->end) {
        pp_enumerated_clear(&part);
        pp_enumerate_branch(crew->all, branch, &part);
        pp_parcel_pack(&parcel, branch, &part);
        if (!pp_parcel_send(&parcel, pipe)) {
            _exit(1);
        }
    }
    _exit(0);
}

static bool hire(struct crew *crew, struct worker *worker) {
    int ends[2];

    if (pipe(ends) != 0) {
        return false;
    }
    pid_t parent = getpid();
    worker->id = fork();
    if (worker->id < 0) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (worker->id == 0) {
        work(crew, ends[1], parent);
    }
    close(ends[1]);
    worker->pipe = ends[0];
    return true;
}

// Hands on what has its turn.
static void deliver(struct crew *crew) {
    for (; crew->next < crew->end && !crew->is_enough; crew->next++) {
        uint32_t place = crew->next - crew->first;
        if (!crew->is_there[place]) {
            return;
        }
        crew->is_enough = !crew->sink(crew->context, &crew->parts[place]);
        pp_enumerated_free(&crew->parts[place]);
    }
}

// Returns false if the worker is gone before its time.
static bool hear(struct crew *crew, struct worker *worker) {
    ssize_t got = pp_parcel_receive(&worker->parcel, worker->pipe);
    struct pp_enumerated part = {0};
    uint32_t branch;

    while (pp_parcel_unpack(&worker->parcel, &branch, &part)) {
        crew->parts[branch - crew->first] = part;
        crew->is_there[branch - crew->first] = true;
        part = (struct pp_enumerated){0};
    }
    if (got > 0 || (got < 0 && errno == EINTR)) {
        return true;
    }
    int status = 0;
    close(worker->pipe);
    worker->pipe = -1;
    waitpid(worker->id, &status, 0);
    worker->id = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool hear_all(struct crew *crew) {
    struct pollfd waits[PP_JOBS_MAX];

    for (uint32_t i = 0; i < crew->worker_count; i++) {
        waits[i] = (struct pollfd){.fd = crew->workers[i].pipe, .events = POLLIN};
    }
    int ready_count = poll(waits, crew->worker_count, POLL_MS);
    if (ready_count <= 0) {
        return ready_count == 0 || errno == EINTR;
    }
    for (uint32_t i = 0; i < crew->worker_count; i++) {
        if (crew->workers[i].pipe >= 0 && waits[i].revents != 0 && !hear(crew, &crew->workers[i])) {
            return false;
        }
    }
    return true;
}

static void dismiss(struct crew *crew) {
    for (uint32_t i = 0; i < crew->worker_count; i++) {
        struct worker *worker = &crew->workers[i];
        if (worker->id > 0) {
            kill(worker->id, SIGKILL);
            waitpid(worker->id, NULL, 0);
        }
        if (worker->pipe >= 0) {
            close(worker->pipe);
        }
        pp_parcel_free(&worker->parcel);
    }
    for (uint32_t i = 0; i < crew->end - crew->first; i++) {
        pp_enumerated_free(&crew->parts[i]);
    }
    free(crew->parts);
    free(crew->is_there);
    munmap((void *)crew->taken, sizeof *crew->taken);
}

static bool play_together(struct crew *crew, uint32_t jobs) {
    uint32_t count = crew->end - crew->first;
    bool is_whole = true;

    crew->parts = calloc(count, sizeof *crew->parts);
    crew->is_there = calloc(count, sizeof *crew->is_there);
    crew->taken =
        mmap(NULL, sizeof *crew->taken, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pp_expect(crew->parts && crew->is_there && (void *)crew->taken != MAP_FAILED,
              "no memory for %u branches", count);
    fflush(stdout);
    while (crew->worker_count < jobs && crew->worker_count < count && is_whole) {
        is_whole = hire(crew, &crew->workers[crew->worker_count]);
        crew->worker_count += is_whole;
    }
    while (is_whole && crew->next < crew->end && !crew->is_enough && !pp_interrupt_came()) {
        is_whole = hear_all(crew);
        deliver(crew);
    }
    if (!is_whole) {
        pp_complain("--jobs", "a process of these is lost");
    }
    dismiss(crew);
    return is_whole;
}

static void play_alone(struct crew *crew) {
    static struct pp_enumerated part;

    for (; crew->next < crew->end && !crew->is_enough && !pp_interrupt_came(); crew->next++) {
        pp_enumerated_clear(&part);
        pp_enumerate_branch(crew->all, crew->next, &part);
        crew->is_enough = !crew->sink(crew->context, &part);
    }
}

bool pp_workers_play(const struct pp_enumeration *all, uint32_t first, uint32_t end, uint32_t jobs,
                     pp_part_sink sink, void *context) {
    static struct crew crew;

    crew = (struct crew){
        .all = all, .first = first, .end = end, .next = first, .sink = sink, .context = context};
    // Single faults are done before a process is there to do them.
    if (jobs == 1 || all->depth == 1 || first >= end) {
        play_alone(&crew);
        return true;
    }
    return play_together(&crew, jobs);
}
