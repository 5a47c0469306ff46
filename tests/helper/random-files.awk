# Random configuration files of clients, for test-setup-random.sh: COUNT files NUMBER.KIND in FOLDER.
# Usage: awk -v seed=N -v count=N -v folder=DIR -f random-files.awk

function below(n) { return int(rand() * n) }
function one_of(text, items) { return items_at(items, split(text, items, "|")) }
function items_at(items, n) { return items[1 + below(n)] }
function blank() { return one_of("|| |\t|  ") }

# --- git

function git_value() {
    return one_of("|store|cache --timeout=9|!gh auth git-credential|\"quo # ted\"|a \\\n  b|true|" \
        "libsecret ; comment|\"tab\\tand \\\"quotes\\\"\"|/usr/bin/git-credential-x --y|thrivestack")
}

function git_setting() {
    return blank() one_of("helper|helper|helper|Helper|username|useHttpPath|x") blank() "=" blank() git_value()
}

function git_line() {
    return below(6) == 0 ? one_of("# note|; note||  # indented|\t") : git_setting()
}

function git_section() {
    return one_of("[credential]|[credential \"https://git.example.com\"]|[credential \"https://git.example.com\"] x = y|" \
        "[Credential \"https://GIT.example.com\"]|[credential \"https://*.example.com\"]|[alias]|" \
        "[credential \"https://git.example.com/team\"]|[user \"a \\\"b\\\" c\"]|[credential.sub]|[include]\n\tpath = included\n[x]")
}

function git_file(   text, n) {
    for (n = below(4); n > 0; n--)
        text = text git_line_free()
    for (n = below(6); n > 0; n--)
        text = text git_section() "\n" git_lines()
    return text
}

function git_line_free() { return one_of("# note\n|; note\n|\n") }

function git_lines(   text, n) {
    for (n = below(5); n > 0; n--)
        text = text git_line() "\n"
    return text
}

# --- docker

function space() { return one_of("||| |\n|\t|\n    |\r\n") }

function docker_member(name, value) { return "\"" name "\"" space() ":" space() value }

function docker_object(members) { return "{" space() members space() "}" }

function docker_helpers(   text, hosts, helpers, n, i, from) {
    n = split("registry.example.com|https://registry.example.com|REGISTRY.example.com|ecr.example.com|docker.io|" \
        "https://index.docker.io/v1/|registry.example.com/", hosts, "|")
    from = 1 + below(n)
    for (i = from; i <= n && below(3) > 0; i++)
        text = text (text == "" ? "" : space() "," space()) \
            docker_member(hosts[i], one_of("\"pass\"|\"ecr-login\"|\"\"|null|7|{}"))
    return docker_object(text)
}

function docker_file(   text, n) {
    if (below(12) == 0)
        return one_of("|{}|{ }| \n|{\"credHelpers\": {}}")
    text = docker_member("n", one_of("1.50|1e3|12345678901234567890|1e400|\"\\u00e9\\/\"|[1,[],{}]|true|null"))
    if (below(2))
        text = text "," space() docker_member("auths", "{\"registry.example.com\": {\"auth\": \"dTpw\"}}")
    if (below(3))
        text = text "," space() docker_member("credHelpers", docker_helpers())
    if (below(3) == 0)
        text = text space() "," docker_member("credsStore", "\"desktop\"")
    return space() docker_object(text) space()
}

# --- credential.conf, as it is before `setup ssh`

function conf_settings(   text) {
    if (below(2))
        text = text "username" blank() "=" blank() one_of("ann|bob|zoë") "\n"
    if (below(4) == 0)
        text = text "# a comment\n\n"
    if (below(3) == 0)
        text = text "askpass=" one_of("yes|no") "\n"
    return text
}

function conf_file(   text, hosts, n, i) {
    if (below(2))
        text = "# mine\n\n[profile default]\nscopes = a\n"
    n = split("build.example.com|BUILD.example.org|*.example.com|other.example.com:8443|build.example.com/team", hosts, "|")
    for (i = 1; i <= n; i++)
        if (below(3) == 0)
            text = text "[host " hosts[i] "]\n" conf_settings()
    return text
}

# --- every kind: line ends, a missing last newline

function finish(text, is_strict) {
    if (below(4) == 0)
        gsub(/\n/, "\r\n", text)
    if (below(4) == 0)
        sub(/\r?\n$/, "", text)
    return text
}

BEGIN {
    srand(seed)
    for (i = 1; i <= count; i++) {
        printf "%s", finish(git_file()) >(folder "/" i ".git")
        printf "%s", docker_file() >(folder "/" i ".docker")
        printf "%s", finish(conf_file()) >(folder "/" i ".ssh")
        close(folder "/" i ".git")
        close(folder "/" i ".docker")
        close(folder "/" i ".ssh")
    }
}
