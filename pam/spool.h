/*
 * Login events: with `logins = yes` in [events] of policy.conf(5), one file per decision in
 * SPOOLDIR, root's and 0700, which `thrivestack-credential events send` posts. A file is one line
 * of JSON, as `track --stdin` reads it:
 *
 *     {"event":"pam_login","user_id":"alice","timestamp":"2026-11-24T20:15:30Z",
 *      "properties":{"service":"sshd","host":"build","result":"accepted","reason":"ok","key_id":"..."}}
 *
 * A login never waits for it: a process of its own writes the file, so that a spool that is full,
 * slow, missing or read-only costs events and nothing else. At most TS_SPOOL_WRITERS such processes
 * write at a time; beyond that, and beyond TS_SPOOL_MAX files, events are dropped, which is logged,
 * once a minute at most, with one of the next decisions. All of this needs root.
 */
#ifndef PAM_SPOOL_H
#define PAM_SPOOL_H

#include <security/pam_modules.h>

#include "pam/audit.h"

#define TS_SPOOL_MAX 10000
#define TS_SPOOL_WRITERS 16

/* `user_exists`: whether the user was looked up and found. Other names are sent as `unknown`,
 * because somebody may have typed a password there; so is every name at a service without a
 * section, for which nobody is looked up. */
void ts_spool_decision(pam_handle_t *pamh, const struct ts_audit *audit, bool user_exists);

#endif
