# Which folder may include what: the table in CONTRIBUTING.md, which is the first argument, against the
# #include lines of the C files that follow. In the table's third column, a name is a folder (base is
# common/base), `common` or `all of common` all below it, a library, a header, `everything below` what is
# in the folder or in common, or `everything`. tests/lint/includes.txt, the second argument, lists what
# breaks the rule today and is to go, one `FILE HEADER` a line; a line there that is not needed is wrong
# as well. Prints what is wrong; the exit status is 1 where anything is.
BEGIN {
    FS = "|"
    library["curl"] = "libcurl"
    library["openssl"] = "libcrypto"
    library["json-c"] = "json-c"
    library["json.h"] = "json-c"
    library["security"] = "libpam"
}

function complain(text) {
    print text
    bad = 1
}

# The table: may[FOLDER, WORD] for each word of the third column.
FILENAME == ARGV[1] {
    if (NF != 5 || $2 !~ /^ *`[a-z\/]+` *$/)
        next
    folder = $2
    gsub(/[` ]/, "", folder)
    sub(/\/$/, "", folder)
    folders[folder] = 1
    rows++
    count = split($4, words, /, */)
    for (i = 1; i <= count; i++) {
        word = words[i]
        gsub(/`|^ +| +$/, "", word)
        sub(/^all of /, "", word)
        may[folder, word] = 1
    }
    next
}

FILENAME == ARGV[2] {
    if (!/^(#|$)/)
        excused[$0] = 1
    next
}

# The folder of the table that a path lies in: the longest that fits.
function home(path,    dir) {
    dir = path
    while (sub(/\/[^\/]*$/, "", dir))
        if (dir in folders)
            return dir
    return ""
}

function allowed(from, header,    to, name, top) {
    if (header == "build-config.h" || (from, "everything") in may)
        return 1
    to = home(header)
    name = to
    sub(/^[a-z]+\//, "", name)
    top = to
    sub(/\/.*/, "", top)
    if (to == from || (from, name) in may || (from, top) in may)
        return 1
    if ((from, "everything below") in may && (top == from || top == "common"))
        return 1
    sub(/^common\//, "", header)
    return (from, header) in may
}

/^#include "/ {
    header = $0
    sub(/^#include "/, "", header)
    sub(/".*/, "", header)
    from = home(FILENAME)
    if (from == "")
        complain(FILENAME ": the table in " ARGV[1] " has no row for its folder")
    else if (!allowed(from, header) && !used(FILENAME " " header))
        complain(FILENAME ":" FNR ": " from " may not include " header)
    seen++
}

function used(line) {
    if (!(line in excused))
        return 0
    needed[line] = 1
    return 1
}

/^#include </ {
    header = $0
    sub(/^#include </, "", header)
    sub(/[>\/].*/, "", header)
    from = home(FILENAME)
    if (header in library && !((from, library[header]) in may) && !((from, "everything") in may) &&
        !used(FILENAME " <" header ">"))
        complain(FILENAME ":" FNR ": " from " may not include " library[header])
}

END {
    if (rows < 10 || seen < 100)
        complain("the table or the #include lines were not found")
    for (line in excused)
        if (!(line in needed))
            complain("tests/lint/includes.txt: no longer needed: " line)
    exit bad
}
