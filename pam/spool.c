#include "pam/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "build-config.h"
#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/json/json_write.h"
#include "common/process/spawn_child.h"
#include "pam/result.h"
#include "pam/rundir.h"

#define EVENT_MAX ((size_t)4096)
#define DRAFT_PREFIX "."
#define NAME_MAX_LEN 80

/* In RUNDIR/thrivestack/events: whose bytes are locked by writers, why an event was dropped (a
 * symbolic link, made in one step, whose target says so), and when that was logged last. */
#define WRITERS_FILE "writers"
#define DROPPED_LINK "dropped"
#define LOGGED_FILE "logged"
#define LOG_SECONDS 60

/* Everything that the writer needs, made before it is started. */
struct spool_job {
    struct ts_secret text;
    char draft[NAME_MAX_LEN];
    const char *name; /* the draft's, without its prefix */
    int folder;       /* RUNDIR/thrivestack/events */
};

static void
release_job(struct spool_job *job)
{
    ts_secret_release(&job->text);
    ts_fd_close(&job->folder);
}

static void
write_properties(struct ts_json_writer *json, const struct ts_audit *audit)
{
    const struct ts_verdict *verdict = audit->verdict;
    struct utsname host = {.nodename = ""};
    char service[80];

    (void)uname(&host);
    ts_audit_escape(service, sizeof(service), audit->service != NULL ? audit->service : "");
    ts_json_open(json, "properties", '{');
    ts_json_write_string(json, "service", service);
    ts_json_write_string(json, "host", host.nodename);
    ts_json_write_string(json, "result", ts_result_word(verdict->reason));
    ts_json_write_string(json, "reason", ts_reason_code(verdict->reason));
    ts_json_write_string(json, "key_id", verdict->key_id);
    ts_json_close(json, '}');
}

static int
write_event(const struct ts_audit *audit, bool user_exists, struct spool_job *job)
{
    struct ts_json_writer json = ts_json_begin(&job->text);
    char user[160], now[32];

    ts_audit_escape(user, sizeof(user), user_exists && audit->user != NULL ? audit->user : "");
    ts_text_rfc3339(now, ts_clock_wall());
    ts_json_write_string(&json, "event", "pam_login");
    ts_json_write_string(&json, "user_id", strcmp(user, "-") == 0 ? "unknown" : user);
    ts_json_write_string(&json, "timestamp", now);
    write_properties(&json, audit);
    return ts_json_end_line(&json);
}

/* Names sort by time. */
static int
choose_name(struct spool_job *job, struct ts_err *err)
{
    char random[TS_RANDOM_NAME_LEN + 1];
    int rc = ts_rundir_random_name(random, err);

    if (rc < 0)
        return rc;
    (void)snprintf(job->draft, sizeof(job->draft), DRAFT_PREFIX "%013" PRId64 "-%s.json",
                   ts_clock_wall_ms(), random);
    job->name = job->draft + strlen(DRAFT_PREFIX);
    return 0;
}

static void
note_drop(int folder, const char *reason)
{
    if (symlinkat(reason, folder, DROPPED_LINK) != 0)
        return; /* there is one that was not logged yet, or no place for it */
}

/* How many files the folder has, drafts included; -1 where it cannot be listed. Only system calls:
 * see be_writer. */
static long
count_files(int spool)
{
    union {
        struct ts_spawn_dirent align;
        char bytes[8192];
    } buffer;
    long count = 0, got;

    while ((got = syscall(SYS_getdents64, spool, buffer.bytes, sizeof(buffer.bytes))) > 0)
        for (long at = 0; at < got; count++)
            at += ((const struct ts_spawn_dirent *)(const void *)(buffer.bytes + at))->len;
    return got == 0 ? count - 2 : -1; /* without `.` and `..` */
}

static const char *
explain_write(int error)
{
    return error == ENOSPC || error == EDQUOT ? "its file system is full"
                                              : "it cannot be written to";
}

/* Why nothing was written, or NULL. */
static const char *
write_whole(const struct spool_job *job, int spool)
{
    int fd = openat(spool, job->draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return explain_write(errno);
    if (write(fd, job->text.data, job->text.len) == (ssize_t)job->text.len && close(fd) == 0 &&
        renameat(spool, job->draft, spool, job->name) == 0)
        return NULL;
    const int error = errno;
    (void)unlinkat(spool, job->draft, 0);
    return explain_write(error);
}

/* The lock belongs to the open file, and so to this process, until that ends. */
static bool
lock_byte(int fd, int byte, bool waits)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    return fcntl(fd, waits ? F_OFD_SETLKW : F_OFD_SETLK, &lock) == 0;
}

/* `writers`: WRITERS_FILE. */
static const char *
write_to_spool(const struct spool_job *job, int writers)
{
    struct stat st;
    int spool = open(TS_SPOOLDIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (spool < 0)
        return "it cannot be opened";
    if (fstat(spool, &st) != 0 || st.st_uid != 0 || (st.st_mode & 077) != 0)
        return "it is not root's alone (chown root, chmod 700)";
    if (!lock_byte(writers, TS_SPOOL_WRITERS, true))
        return "its lock fails";
    long count = count_files(spool);
    if (count >= TS_SPOOL_MAX)
        return "it is full";
    return count < 0 ? "it cannot be listed" : write_whole(job, spool);
}

static const char *
write_as_one_of_few(const struct spool_job *job, int folder)
{
    int writers = openat(folder, WRITERS_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (writers < 0)
        return "its lock file cannot be opened";
    for (int i = 0; i < TS_SPOOL_WRITERS; i++)
        if (lock_byte(writers, i, false))
            return write_to_spool(job, writers);
    return "its file system is too slow";
}

/*
 * In the child of a child, whom init reaps: a copy of the host, of which only this thread is left.
 * So nothing but system calls, since another thread may have held any lock; and whatever the host's
 * descriptors are, they are not kept open.
 */
static void
be_writer(const struct spool_job *job)
{
    const char *wrong = NULL;

    (void)setsid();
    /* In su, the real user id is the caller's, who can stop this process for good until here. So
     * what others would wait for, a lock, comes after. */
    if (dup2(job->folder, 0) != 0)
        _exit(1);
    if (syscall(SYS_setresuid, 0, 0, 0) != 0)
        wrong = "its writer cannot become root";
    else if (!ts_spawn_close_others(1))
        wrong = "its writer cannot close what it has open";
    else if (chdir("/") != 0)
        wrong = "the root folder cannot be entered";
    else
        wrong = write_as_one_of_few(job, 0);
    if (wrong != NULL)
        note_drop(0, wrong);
    _exit(0);
}

static bool
start_writer(struct spool_job *job)
{
    sigset_t all, before;
    int status = 0;

    /* A handler of the host's must not run in the copies. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t between = ts_spawn_clone(0, NULL);
    if (between == 0) {
        pid_t writer = ts_spawn_clone(0, NULL);

        if (writer == 0)
            be_writer(job);
        _exit(writer > 0 ? 0 : 1);
    }
    while (between > 0 && waitpid(between, &status, __WALL) < 0 && errno == EINTR)
        ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return between > 0 && status == 0;
}

static bool
was_logged_lately(int folder)
{
    struct stat st;
    int64_t age = fstatat(folder, LOGGED_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0
                      ? ts_clock_wall() - st.st_mtime
                      : LOG_SECONDS;

    return age >= 0 && age < LOG_SECONDS;
}

/* Where events were dropped since the last line about it. */
static void
log_drops(pam_handle_t *pamh, int folder)
{
    char reason[128];
    ssize_t len = readlinkat(folder, DROPPED_LINK, reason, sizeof(reason) - 1);

    if (len <= 0 || was_logged_lately(folder))
        return;
    reason[len] = '\0';
    TS_CLEANUP(ts_fd_close)
    int fd = openat(folder, LOGGED_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || futimens(fd, NULL) != 0 || unlinkat(folder, DROPPED_LINK, 0) != 0)
        return;
    ts_audit_note(pamh, LOG_WARNING, "login events are dropped: spool " TS_SPOOLDIR ": %s", reason);
}

void
ts_spool_decision(pam_handle_t *pamh, const struct ts_audit *audit, bool user_exists)
{
    static const struct ts_rundir_folder folders[] = {{"events", 0700}, {NULL, 0}};
    TS_CLEANUP(release_job)
    struct spool_job job = {.text = TS_SECRET_INIT(EVENT_MAX), .folder = -1};
    struct ts_err ignored = {.code = 0};

    if (geteuid() != 0 || ts_rundir_open(folders, true, &job.folder, &ignored) < 0)
        return;
    if (write_event(audit, user_exists, &job) < 0 || choose_name(&job, &ignored) < 0)
        note_drop(job.folder, "out of memory");
    else if (!start_writer(&job))
        note_drop(job.folder, "no process can be started");
    log_drops(pamh, job.folder);
}
