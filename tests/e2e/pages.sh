# shellcheck shell=sh disable=SC2034,SC2154 # lib.sh and the callers set and use what looks unset or unused.
# Sourced after lib.sh by the scripts that run the blocks of README.md and of packaging/recipes/*.md as
# they are. Each page is tested by exactly one script, which names it:
#
#     recipes='git docker'               README is README.md, and needs want_tree=yes
#     . "$SOURCE/pages.sh"
#     run_block on_host NAME             in a case: runs that block; its output is in $W/out
#     block NAME                         or: the block is the file $script
#     run_case covered covered           last: every block ran, and no page is wrong
#
# A block is what is between two fences, and the line above its first fence is `<!-- test: NAME -->`.
# Pictures have ```text and no name. A block runs unchanged, from a file, by the shell that people paste
# it into; an unset variable or a line that fails ends it. `sh tests/check layout` compares pages, scripts
# and README's tables.

# page_file NAME
page_file() {
    case $1 in
    README) echo "$TREE/README.md" ;;
    *) echo "$W/packaging/recipes/$1.md" ;;
    esac
}

# scan FOLDER FILE...: writes every block to FOLDER/NAME, and prints `block NAME` or `wrong FILE:LINE: WHY`.
scan() {
    blocks=$1
    shift
    awk -v folder="$blocks" '
        function wrong(why) { sub(".*/", "", file_name); print "wrong " file_name ":" line ": " why }
        function end_of_file() { if (inside || name != "") wrong("an open end") }
        FNR == 1 { end_of_file(); inside = 0; name = "" }
        { line = FNR; file_name = FILENAME }
        !inside && /^ *(```|~~~)/ {
            inside = 1
            file = ""
            if ($0 == "```text")
                next
            if (name == "")
                wrong("a block that no test runs")
            else if (seen[name]++)
                wrong("a second block " name)
            else
                file = folder "/" name
            if (file != "") {
                print "block " name
                printf "" >file
            }
            next
        }
        inside && /^ *(```|~~~) *$/ { inside = 0; name = ""; next }
        inside { if (file != "") print >file; next }
        name != "" { wrong("no block under the mark of " name) }
        { name = "" }
        /^(    |\t)/ { wrong("a block by indentation") }
        /^<!-- test: [a-z-]+ -->$/ { name = $3; next }
        /<!-- *test/ { wrong("a mark that is none") }
        END { end_of_file() }' "$@"
}

# check_coverage USED FILE...: prints what is wrong with pages, where USED lists the blocks that ran.
check_coverage() {
    used=$1
    shift
    mkdir -p "$W/scanned"
    scan "$W/scanned" "$@" >"$W/scan"
    sed -n 's/^wrong //p' "$W/scan"
    sed -n 's/^block //p' "$W/scan" | sort >"$W/there"
    sort -u "$used" | comm -23 "$W/there" - | sed 's/$/: no test runs this block/'
    sort -u "$used" | comm -13 "$W/there" - | sed 's/$/: there is no such block/'
}

# block NAME: the file with that block, which counts as run.
block() {
    [ -s "$W/blocks/$1" ] || fail "the pages have no block $1"
    echo "$1" >>"$W/used"
    script=$W/blocks/$1
}

# What a block prints is in $W/out afterwards; the case's log has it, too.
finish_block() {
    status=$1
    cat "$W/out"
    [ "$status" = 0 ] || fail "the recipe $2 ends with status $status: $(tail -n 1 "$W/out" | hide_tokens)"
}

# run_block WHO NAME: where WHO is a function that runs a command as somebody, such as on_host.
run_block() {
    block "$2"
    status=0
    "$1" bash -eu -o pipefail "$script" >"$W/out" 2>&1 || status=$?
    finish_block "$status" "$2"
}

# The files that pages link to are there, and so are the manual pages that they name.
links() {
    for page in $recipes; do
        file=$(page_file "$page")
        grep -o '](\([^)#]*\)' "$file" | sed 's/^](//' | grep -v -e '^https:' -e '^$' >"$W/links" || :
        while read -r link; do
            [ -e "${file%/*}/$link" ] || fail "$page: $link is not there"
        done <"$W/links"
        grep -oE '[a-z_.-]*(thrivestack|\.conf)[a-z_-]*\([158]\)' "$file" | tr -d ')' | tr '(' . | sort -u >"$W/manuals"
        while read -r manual; do
            [ -e "$W/packaging/man/$manual.in" ] || fail "$page: there is no manual page $manual"
        done <"$W/manuals"
    done
}

covered() {
    links
    # shellcheck disable=SC2086 # One name a word.
    check_coverage "$W/used" $page_files >"$W/uncovered"
    [ ! -s "$W/uncovered" ] || { cat "$W/uncovered" && fail "$(head -n 1 "$W/uncovered")"; }
}

# as_root FOLDER COMMAND...
as_root() {
    (cd "$1" && shift && env -i HOME="$W/home/root" USER=root LOGNAME=root LC_ALL=C TMPDIR="$W/tmp" \
        PATH="$W/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" timeout 300 "$@")
}

# on_host COMMAND...: as root, in root's home.
on_host() {
    as_root "$W/home/root" "$@"
}

install -d -m 1777 "$W/tmp"
mkdir "$W/blocks"
: >"$W/used"
page_files=
for page in ${recipes:-}; do
    page_files="$page_files $(page_file "$page")"
done
# shellcheck disable=SC2086 # One name a word.
[ -z "$page_files" ] || scan "$W/blocks" $page_files >"$W/scan"
