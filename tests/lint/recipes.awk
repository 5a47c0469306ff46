# The pages of packaging/recipes. Arguments: README.md, the pages, the test scripts. Each page has at most 40
# lines, one row in a table of README.md, and one script that names it in a line `recipes='NAME ...'` and
# runs its blocks (tests/e2e/pages.sh). Prints what breaks that; the exit status is 1 where anything does.
BEGIN { page_max = 40 }

function complain(text) {
    print text
    bad = 1
}

# The name of the page in a path, or nothing.
function page_of(path) {
    if (path !~ /(^|\/)packaging\/recipes\/[a-z0-9-]+\.md$/)
        return ""
    sub(/.*\//, "", path)
    sub(/\.md$/, "", path)
    return path
}

FNR == 1 {
    page = page_of(FILENAME)
    if (page != "")
        files[page] = FILENAME
}
page != "" { lines[page] = FNR }

FILENAME == "README.md" && /^\| *\[[^]]+\]\(packaging\/recipes\/[^)]*\)/ {
    path = $0
    sub(/^[^(]*\(/, "", path)
    sub(/\).*/, "", path)
    rows[page_of(path)]++
    row_at[page_of(path)] = FILENAME ":" FNR
}

/^recipes=/ && FILENAME ~ /\.sh$/ {
    list = $0
    gsub(/^recipes=|['"]/, "", list)
    count = split(list, names, " ")
    for (i = 1; i <= count; i++)
        if (names[i] != "README") {
            scripts[names[i]]++
            script_at[names[i]] = FILENAME ":" FNR
        }
}

END {
    for (page in files) {
        found++
        if (lines[page] > page_max)
            complain(files[page] ": more than " page_max " lines")
        if (rows[page] != 1)
            complain(files[page] ": " rows[page] + 0 " rows in README.md's tables, not one")
        if (scripts[page] != 1)
            complain(files[page] ": " scripts[page] + 0 " scripts run it (recipes='...'), not one")
    }
    for (page in rows)
        if (!(page in files))
            complain(row_at[page] ": there is no page " page)
    for (page in scripts)
        if (!(page in files))
            complain(script_at[page] ": there is no page " page)
    if (found == 0)
        complain("no page was found")
    exit bad
}
