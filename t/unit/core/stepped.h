/*
 * Copyright (C) ngx_agent authors
 *
 * A child that runs one instruction at a time, so that we can look at, or
 * change, memory that it shares with us between any two of them.
 */


#ifndef _STEPPED_H_INCLUDED_
#define _STEPPED_H_INCLUDED_


#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>


/* To be unmapped; zeroed. */
static inline void *
shared_memory(size_t size)
{
    void  *memory;

    memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        abort();
    }

    return memory;
}


/* May we do that here?  Not in every container. */
static inline unsigned
stepped_may(void)
{
    int    status;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
    }

    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status)
           && WEXITSTATUS(status) == 0;
}


/* A child that stops, runs, says so in *done, which is shared, and exits with
 * what it returned. */
static inline pid_t
stepped_start(int (*run)(void *data), void *data, volatile unsigned *done)
{
    int    rc;
    pid_t  pid;

    pid = fork();

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(100);
        }

        raise(SIGSTOP);
        rc = run(data);
        *done = 1;
        _exit(rc);
    }

    return pid;
}


/* The child has stopped: one more instruction, or all that are left.  Returns
 * what it returned, -1 if it has stopped again, 100 if something is wrong. */
static inline int
stepped_go(pid_t pid, unsigned all)
{
    int  status;

    if (ptrace(all ? PTRACE_CONT : PTRACE_SINGLESTEP, pid, NULL, NULL) != 0
        || waitpid(pid, &status, 0) != pid)
    {
        return 100;
    }

    if (WIFSTOPPED(status)) {
        return -1;
    }

    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}


#endif /* _STEPPED_H_INCLUDED_ */
