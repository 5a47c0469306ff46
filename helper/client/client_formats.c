/* How each client writes that it runs this program. */
#include <string.h>
#include <strings.h>

#include "common/config/host.h"
#include "helper/client/client_format.h"

/* Whether `rest`, which begins with a host, is at the place. */
static bool
is_at(const struct text_span *rest, const struct client_place *place)
{
    char name[TS_HOST_NAME_MAX + 1];
    char wanted[TS_HOST_NAME_MAX + 1];
    unsigned port = 0;
    unsigned wanted_port = 0;
    size_t len = 0;

    if (place->host == NULL)
        return true;
    while (len < rest->len && strchr("/?#", rest->text[len]) == NULL)
        len++;
    if (!ts_host_split_len(rest->text, len, name, &port) ||
        !ts_host_split(place->host, wanted, &wanted_port) || strcmp(name, wanted) != 0 ||
        port != wanted_port)
        return false;
    struct text_span path = {rest->text + len, rest->len - len};
    return text_span_skip(&path, place->path) && (path.len == 0 || path.text[0] == '/');
}

/* --- .bazelrc: a helper's scope is a host, whatever its port */

#define BAZEL_OPTION "--credential_helper="

static void
scan_bazel(struct client_scan *scan)
{
    struct text_span line = text_line_trim(&scan->line);
    const char *option = memmem(line.text, line.len, BAZEL_OPTION, sizeof(BAZEL_OPTION) - 1);

    if (option == NULL || line.text[0] == '#')
        return;
    struct text_span scope = {option + sizeof(BAZEL_OPTION) - 1, 0};
    size_t left = (size_t)(line.text + line.len - scope.text);
    size_t len = 0;
    while (len < left && scope.text[len] != ' ' && scope.text[len] != '\t')
        len++;
    const char *equals = memchr(scope.text, '=', len);
    scope.len = equals != NULL ? (size_t)(equals - scope.text) : 0;
    const char *host = scan->place->host;
    bool is_here = host == NULL || (scope.len == strcspn(host, ":") &&
                                    strncasecmp(scope.text, host, scope.len) == 0);
    if (equals != NULL && !is_here)
        return;
    size_t skipped = equals != NULL ? scope.len + 1 : 0;
    scan->value = (struct text_span){scope.text + skipped, len - skipped};
    scan->is_ours = equals != NULL && text_span_skip(&line, "common " BAZEL_OPTION) &&
                    text_span_has(&scan->value, "bazel-credential-thrivestack");
}

static int
print_bazel(const struct client_place *place, const struct text_span *now, struct ts_secret *ret)
{
    (void)now;
    return ts_secret_append_format(ret, "common " BAZEL_OPTION "%.*s=%s",
                                   (int)strcspn(place->host, ":"), place->host, place->program);
}

const struct client_format client_format_bazel = {
    .scan = scan_bazel, .print = print_bazel, .at_end = true};

/* --- .npmrc */

static void
scan_npm(struct client_scan *scan)
{
    static const char name[] = ":tokenHelper";
    struct text_span line = text_line_trim(&scan->line);
    const char *end = memmem(line.text, line.len, name, sizeof(name) - 1);
    size_t len = end != NULL ? (size_t)(end - line.text) : 0;

    if (end == NULL || !text_span_skip(&line, "//"))
        return;
    struct text_span where = {line.text, len - 2};
    struct text_line rest = {end, (size_t)(line.text + line.len - end), 0};
    if (where.len > 0 && where.text[where.len - 1] == '/')
        where.len--;
    if (!is_at(&where, scan->place))
        return;
    scan->value = text_line_value(&rest, name);
    scan->is_ours = text_span_has(&scan->value, "/thrivestack/npm/");
}

static int
print_npm(const struct client_place *place, const struct text_span *now, struct ts_secret *ret)
{
    (void)now;
    return ts_secret_append_format(ret, "//%s%s/:tokenHelper=%s", place->host, place->path,
                                   place->program);
}

const struct client_format client_format_npm = {
    .scan = scan_npm, .print = print_npm, .at_end = true};

/* --- .terraformrc: one helper for all hosts */

#define TERRAFORM_NAME "thrivestack"
#define TERRAFORM_LINE "credentials_helper \"" TERRAFORM_NAME "\" {}"

static void
scan_terraform(struct client_scan *scan)
{
    struct text_span line = text_line_trim(&scan->line);

    scan->is_ours = text_line_is(&scan->line, TERRAFORM_LINE);
    if (!text_span_skip(&line, "credentials_helper"))
        return;
    const char *open = memchr(line.text, '"', line.len);
    const char *close =
        open != NULL ? memchr(open + 1, '"', (size_t)(line.text + line.len - open - 1)) : NULL;
    if (close != NULL)
        scan->value = (struct text_span){open + 1, (size_t)(close - open - 1)};
}

static int
print_terraform(const struct client_place *place, const struct text_span *now,
                struct ts_secret *ret)
{
    (void)place;
    (void)now;
    return ts_secret_append_string(ret, TERRAFORM_LINE);
}

const struct client_format client_format_terraform = {.scan = scan_terraform,
                                                      .print = print_terraform,
                                                      .value = TERRAFORM_NAME,
                                                      .is_single = true,
                                                      .at_end = true};

/* --- go's file of variables: a list of commands for all hosts. The default, which the list takes
 * the place of, is written behind a blank, so that it is known again. */

#define GO_DEFAULT " netrc"

/* Appends the commands of a list but for ours. */
static int
append_others(const struct text_span *list, struct ts_secret *ret)
{
    struct text_span left = *list;
    bool is_first = true;
    int rc = 0;

    while (left.text != NULL && rc == 0) {
        const char *end = memchr(left.text, ';', left.len);
        const struct text_span one = {left.text,
                                      end != NULL ? (size_t)(end - left.text) : left.len};

        if (!text_span_has(&one, "thrivestack-credential")) {
            rc = is_first ? 0 : ts_secret_append_string(ret, ";");
            if (rc == 0)
                rc = ts_secret_append(ret, one.text, one.len);
            is_first = false;
        }
        if (end == NULL)
            break;
        left = (struct text_span){end + 1, left.len - one.len - 1};
    }
    return rc;
}

static void
scan_go(struct client_scan *scan)
{
    struct text_span line = {scan->line.text, scan->line.len};

    if (!text_span_skip(&line, "GOAUTH="))
        return;
    scan->value = line;
    scan->is_ours = text_span_has(&line, "thrivestack-credential");
}

static int
print_go(const struct client_place *place, const struct text_span *now, struct ts_secret *ret)
{
    int rc = ts_secret_append_strings(ret, "GOAUTH=", place->program, " goauth", NULL);
    size_t len = ret->len + 1;

    if (rc == 0)
        rc = ts_secret_append_string(ret, ";");
    if (rc == 0)
        rc = now->text != NULL ? append_others(now, ret) : ts_secret_append_string(ret, GO_DEFAULT);
    if (rc == 0 && ret->len == len)
        ts_secret_truncate(ret, len - 1);
    return rc;
}

static int
print_go_rest(const struct text_span *value, struct ts_secret *ret)
{
    const size_t start = ret->len;
    const size_t len = start + sizeof("GOAUTH=") - 1;
    int rc = ts_secret_append_string(ret, "GOAUTH=");

    if (rc == 0)
        rc = append_others(value, ret);
    if (rc < 0)
        return rc;
    if (ret->len == len || strcmp(ret->data + len, GO_DEFAULT) == 0)
        ts_secret_truncate(ret, start);
    else
        rc = ts_secret_append_string(ret, "\n");
    return rc;
}

const struct client_format client_format_go = {
    .scan = scan_go, .print = print_go, .print_rest = print_go_rest, .off = "off"};

/* --- pip's configuration: one setting for all hosts */

#define PIP_MARK "# thrivestack-credential setup pip"
#define PIP_SECTION_MARK PIP_MARK ": a new section"
#define PIP_SECTION "[global]"
#define PIP_VALUE "subprocess"
#define PIP_LINE "keyring-provider = " PIP_VALUE

/* Whether the section that setup made at this line has nothing but what setup wrote. */
static bool
is_pip_section_ours(const struct client_scan *scan)
{
    size_t at = scan->at + scan->line.size;
    struct text_line line = text_line_at(scan->text, at);

    if (scan->before.text == NULL || !text_line_is(&scan->before, PIP_SECTION_MARK) ||
        !text_line_is(&line, PIP_MARK))
        return false;
    at += line.size;
    line = text_line_at(scan->text, at);
    if (!text_line_is(&line, PIP_LINE))
        return false;
    at += line.size;
    line = text_line_at(scan->text, at);
    return line.size == 0 || line.text[0] == '[';
}

static void
scan_pip(struct client_scan *scan)
{
    struct text_span line = text_line_trim(&scan->line);

    scan->is_ours =
        text_line_is(&scan->line, PIP_MARK) || text_line_is(&scan->line, PIP_SECTION_MARK);
    if (line.len > 0 && line.text[0] == '[') {
        scan->in_section = text_span_is(&line, PIP_SECTION);
        scan->is_anchor = scan->in_section;
        scan->is_ours = scan->in_section && is_pip_section_ours(scan);
    }
    if (!scan->in_section)
        return;
    scan->value = text_line_value(&scan->line, "keyring-provider");
    scan->is_ours |= text_line_is(&scan->line, PIP_LINE) && scan->before.text != NULL &&
                     text_line_is(&scan->before, PIP_MARK);
}

static int
print_pip(const struct client_place *place, const struct text_span *now, struct ts_secret *ret)
{
    (void)place;
    (void)now;
    return ts_secret_append_string(ret, PIP_MARK "\n" PIP_LINE);
}

const struct client_format client_format_pip = {.scan = scan_pip,
                                                .print = print_pip,
                                                .value = PIP_VALUE,
                                                .section = PIP_SECTION_MARK "\n" PIP_SECTION,
                                                .is_single = true};

/* --- cargo's configuration: a provider in each table of a registry whose index is there */

#define CARGO_PROVIDER "credential-provider"

/* What is between the quotes. */
static struct text_span
unquote(struct text_span value)
{
    const char *end = value.len > 1 && (value.text[0] == '"' || value.text[0] == '\'')
                          ? memchr(value.text + 1, value.text[0], value.len - 1)
                          : NULL;

    return end != NULL ? (struct text_span){value.text + 1, (size_t)(end - value.text - 1)}
                       : (struct text_span){NULL, 0};
}

static bool
is_cargo_index(const struct text_line *line, const struct client_place *place)
{
    struct text_span index = unquote(text_line_value(line, "index"));

    if (index.text == NULL)
        return false;
    (void)text_span_skip(&index, "sparse+");
    return text_span_skip(&index, "https://") && is_at(&index, place);
}

/* Whether the table whose header is this line is of a registry there, and has a provider. */
static bool
has_cargo_index(const struct client_scan *scan, bool *ret_has_provider)
{
    size_t at = scan->at + scan->line.size;
    bool has_index = false;

    *ret_has_provider = false;
    while (at < scan->text->len) {
        struct text_line line = text_line_at(scan->text, at);

        if (text_line_trim(&line).len > 0 && text_line_trim(&line).text[0] == '[')
            break;
        has_index |= is_cargo_index(&line, scan->place);
        *ret_has_provider |= text_line_value(&line, CARGO_PROVIDER).text != NULL;
        at += line.size;
    }
    return has_index;
}

static void
scan_cargo(struct client_scan *scan)
{
    struct text_span line = text_line_trim(&scan->line);

    if (line.len > 0 && line.text[0] == '[') {
        scan->in_section =
            text_span_skip(&line, "[registries.") && has_cargo_index(scan, &scan->has_setting);
        return;
    }
    if (!scan->in_section)
        return;
    scan->is_anchor = !scan->has_setting && is_cargo_index(&scan->line, scan->place);
    scan->value = text_line_value(&scan->line, CARGO_PROVIDER);
    scan->is_ours = text_span_has(&scan->value, "cargo-credential-thrivestack");
}

static int
print_cargo(const struct client_place *place, const struct text_span *now, struct ts_secret *ret)
{
    (void)now;
    return ts_secret_append_strings(ret, CARGO_PROVIDER " = \"", place->program, "\"", NULL);
}

const struct client_format client_format_cargo = {
    .scan = scan_cargo,
    .print = print_cargo,
    .missing = "it has no [registries.NAME] with an index at that host: add one, with "
               "index = \"sparse+https://HOST/...\" in a line of its own",
    .is_single = true};
