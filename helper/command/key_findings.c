#include "helper/command/key_findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

#define DAY INT64_C(86400)

static const char *const level_names[] = {
    [KEY_OK] = "ok", [KEY_WARN] = "warn", [KEY_FAIL] = "fail"};

int
key_findings_add(struct key_findings *findings, enum key_level level, int code, const char *format,
                 ...)
{
    char text[TS_ERR_TEXT_MAX];
    char cleaned[TS_ERR_TEXT_MAX];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    ts_text_clean(cleaned, sizeof(cleaned), text, strlen(text));
    if (level != KEY_OK && findings->code != TS_ERR_CONFIG)
        findings->code = code;
    return ts_secret_append_format(findings->text, "%s: %s\n", level_names[level], cleaned);
}

struct day {
    char text[32];
};

static struct day
day_of(int64_t when)
{
    struct day day;

    ts_text_rfc3339(day.text, when);
    day.text[10] = '\0';
    return day;
}

static int
check_expiry(struct key_findings *findings, const struct ts_key_info *info, int64_t now)
{
    int64_t days = (info->expires - now) / DAY;

    if (info->expires == 0 && info->expiry[0] == '\0')
        return key_findings_add(findings, KEY_OK, 0, "the key does not say when it expires");
    if (info->expires == 0)
        return key_findings_add(findings, KEY_OK, 0, "the key expires '%s', which is no date",
                                info->expiry);
    if (now > info->expires)
        return key_findings_add(findings, KEY_FAIL, TS_ERR_KEY,
                                "the key expired on %s: create another one and import it",
                                day_of(info->expires).text);
    if (days < KEY_EXPIRY_WARNING_DAYS)
        return key_findings_add(findings, KEY_WARN, TS_ERR_KEY,
                                "the key expires on %s, in %" PRId64
                                " days: create another one and import it",
                                day_of(info->expires).text, days);
    return key_findings_add(findings, KEY_OK, 0, "the key expires on %s",
                            day_of(info->expires).text);
}

static int
check_rotation(struct key_findings *findings, const struct ts_key_info *info, int64_t now)
{
    int64_t due = info->created + info->rotation_days * DAY;

    if (info->rotation_days == 0)
        return key_findings_add(findings, KEY_OK, 0,
                                "whether rotation is due is unknown: the key does not say how "
                                "often it is to be rotated");
    if (info->created == 0)
        return key_findings_add(findings, KEY_OK, 0,
                                "whether rotation is due is unknown: the key does not say when it "
                                "was created, only that it is to be rotated (%s)",
                                info->rotation_frequency);
    if (now >= due)
        return key_findings_add(findings, KEY_WARN, TS_ERR_KEY,
                                "rotation (%s) was due on %s: create another key and import it",
                                info->rotation_frequency, day_of(due).text);
    return key_findings_add(findings, KEY_OK, 0, "rotation (%s) is due on %s",
                            info->rotation_frequency, day_of(due).text);
}

int
key_findings_check(struct key_findings *findings, const struct ts_key_info *info, int64_t now)
{
    bool named = info->name[0] != '\0';
    int rc = key_findings_add(findings, KEY_OK, 0, "key %s%s%s%s, RSA, %ld bits", info->key_id,
                              named ? " (" : "", info->name, named ? ")" : "", info->bits);

    if (rc == 0)
        rc = check_expiry(findings, info, now);
    return rc < 0 ? rc : check_rotation(findings, info, now);
}

/* Who else can write to a folder can exchange the key in it; in a sticky one only its owner can. */
static int
check_folder_owner(struct key_findings *findings, const struct key_file_state *state)
{
    const struct stat *st = state->folder_stat;

    if (st->st_uid != state->uid && st->st_uid != 0)
        return key_findings_add(findings, KEY_FAIL, TS_ERR_CONFIG,
                                "folder %s is owned by user %u, who can exchange the key",
                                state->folder, (unsigned)st->st_uid);
    if ((st->st_mode & 022) != 0 && (st->st_mode & S_ISVTX) == 0)
        return key_findings_add(
            findings, KEY_FAIL, TS_ERR_CONFIG,
            "folder %s is writable by group or others (mode %04o): chmod go-w %s", state->folder,
            (unsigned)(st->st_mode & 07777), state->folder);
    return 0;
}

int
key_findings_check_file(struct key_findings *findings, const struct key_file_state *state)
{
    const struct stat *st = state->file_stat;
    int rc = key_findings_add(findings, KEY_OK, 0, "%s is owned by %s, mode %04o", state->file,
                              st->st_uid == state->uid ? "you" : "root",
                              (unsigned)(st->st_mode & 07777));

    return rc < 0 ? rc : check_folder_owner(findings, state);
}
