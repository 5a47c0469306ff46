#!/bin/sh
# Holds the manual pages against the code, both ways: commands, options, settings with their defaults,
# module arguments, environment variables, return values, reason codes, exit codes. And lints them.
# Arguments: the source tree, the folder of built pages, print-settings, thrivestack-credential.
set -u
source_root=$1
pages=$2
print_settings=$3
helper=$4
# shellcheck source=tests/lib.sh
. "$source_root/tests/lib.sh"
command -v mandoc >/dev/null || skip_rest 'the manual pages' 'mandoc is not installed'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/packaging/common.sh
. "$source_root/tests/packaging/common.sh"

"$print_settings" >"$scratch/code" || exit 1

# items PAGE HEADING...: the first word of each list item under the .Sh or .Ss headings that begin
# with one of these.
items() {
    page=$1
    shift
    for heading in "$@"; do
        awk -v heading="$heading" '
            /^\.S[hs] / { inside = index(substr($0, 5), heading) == 1 }
            inside && /^\.It [A-Z][a-z] / { print $3 }
            inside && /^\.It [0-9]+$/ { print $2 }' "$pages/$page"
    done
}

# Settings: name by name within their section, then every default that the table holds.
for file in credential.conf.5:profile credential.conf.5:host credential.conf.5:events policy.conf.5:service \
    policy.conf.5:key policy.conf.5:events; do
    page=${file%:*}
    section=${file#*:}
    awk -v page="$page" -v section="$section" '
        $1 == "setting" && $2 == page && $3 == section { print $4 }' "$scratch/code" >"$scratch/in-code"
    items "$page" "[$section" >"$scratch/in-page"
    same "$page describes the settings of [$section]" "$scratch/in-code" "$scratch/in-page"
done

# default_of PAGE SECTION KEY: what the page says behind `Default:` in the setting's item.
default_of() {
    awk -v section="[$2" -v key="$3" '
        /^\.S[hs] / { inside = index(substr($0, 5), section) == 1 }
        /^\.It / { item = inside && $3 == key }
        item && behind { gsub(/^\.Ql | \.$/, ""); print; exit }
        item && /Default:$/ { behind = 1 }' "$pages/$1"
}
while read -r kind page section key value; do
    if [ "$kind" != setting ] || [ -z "$value" ]; then
        continue
    fi
    check "$page has the default of $key, $value" \
        test "$(default_of "$page" "$section" "$key")" = "$value"
done <"$scratch/code"

# Reason codes and exit codes. 1 is what docker's protocol and checks use, not an error's code.
sed -n 's/^reason //p' "$scratch/code" >"$scratch/in-code"
items pam_thrivestack.8 Log >"$scratch/in-page"
same 'pam_thrivestack.8 lists the reason codes' "$scratch/in-code" "$scratch/in-page"
sed -n 's/^exit //p' "$scratch/code" >"$scratch/in-code"
items thrivestack-credential.1 'EXIT STATUS' | grep -vx 1 >"$scratch/in-page"
same 'thrivestack-credential.1 lists the exit codes' "$scratch/in-code" "$scratch/in-page"

# What doctor finds, and whether the page has the level that the table has.
sed -n 's/^finding //p' "$scratch/code" >"$scratch/in-code"
for heading in 'What is right' 'On the client' 'On the host'; do
    awk -v heading="$heading" '
        function put() { if (code != "") print code, level }
        /^\.S[hs] / { put(); code = ""; inside = index(substr($0, 5), heading) == 1 }
        inside && /^\.It / { put(); code = $3; level = "ok" }
        inside && /^\.Pq (warn|fail)$/ { level = $2 }
        END { put() }' "$pages/thrivestack-credential.1"
done >"$scratch/in-page"
same 'thrivestack-credential.1 lists the findings and their levels' "$scratch/in-code" "$scratch/in-page"

# The module's arguments and results, from its own tables.
grep -oE '\{"[a-z_]+", (true|false), set_' "$source_root/common/policy/module_options.c" | cut -d'"' -f2 >"$scratch/in-code"
items pam_thrivestack.8 Arguments >"$scratch/in-page"
same 'pam_thrivestack.8 describes the module arguments' "$scratch/in-code" "$scratch/in-page"
grep -oE 'PAM_[A-Z_]+' "$source_root/pam/result.c" >"$scratch/in-code"
items pam_thrivestack.8 'RETURN VALUES' >"$scratch/in-page"
same 'pam_thrivestack.8 lists the return values' "$scratch/in-code" "$scratch/in-page"

# The environment that the helper and the configuration read.
grep -rhoE --include="*.c" '"THRIVESTACK_[A-Z_]+"' "$source_root/common" "$source_root/helper" | tr -d '"' \
    >"$scratch/in-code"
items thrivestack-credential.1 ENVIRONMENT | grep '^THRIVESTACK_' >"$scratch/in-page"
same 'thrivestack-credential.1 lists the variables' "$scratch/in-code" "$scratch/in-page"

# Commands: as --help lists them, in the synopsis and in the list. Then the options of each.
helper_commands >"$scratch/commands"
awk '/^\.Sh / { inside = $2 == "SYNOPSIS" } inside && was_name && /^\.Cm / { print $2 }
    { was_name = $0 == ".Nm" }' "$pages/thrivestack-credential.1" >"$scratch/in-page"
same 'the synopsis has every command' "$scratch/commands" "$scratch/in-page"
items thrivestack-credential.1 DESCRIPTION | grep -v '^Fl$' >"$scratch/in-page"
same 'the description has every command' "$scratch/commands" "$scratch/in-page"

while read -r command; do
    helper_options "$command"
done <"$scratch/commands" >"$scratch/in-code"
grep -oE '(^|[ .])Fl Fl [a-z][a-z-]*' "$pages/thrivestack-credential.1" | awk '{ print $NF }' \
    >"$scratch/in-page"
same 'thrivestack-credential.1 describes every option' "$scratch/in-code" "$scratch/in-page"
grep -E '^\.It Fl Fl ' "$pages/thrivestack-credential.1" | awk '{ print $4 }' >"$scratch/in-page"
same 'each in a list item of its own' "$scratch/in-code" "$scratch/in-page"
# What a command takes is in its synopsis, but for the common options.
listed_options >"$scratch/common"
while read -r command; do
    helper_options "$command" | grep -vxFf "$scratch/common" >"$scratch/in-code"
    awk -v command="$command" '
        /^\.Sh / { inside = $2 == "SYNOPSIS" }
        /^\.(Nm|Pp)$/ { ours = 0; fresh = 1; next }
        inside && fresh { ours = $1 == ".Cm" && $2 == command; fresh = 0 }
        inside && ours { for (i = 2; i < NF; i++) if ($i == "Fl" && $(i - 1) ~ /Fl$/) print $(i + 1) }
        ' "$pages/thrivestack-credential.1" >"$scratch/in-page"
    sort -u "$scratch/in-code" >"$scratch/one"
    sort -u "$scratch/in-page" >"$scratch/two"
    check "the synopsis of $command has its options" diff "$scratch/one" "$scratch/two"
    "$helper" "$command" --help | sed '1,/^Example:$/d' >"$scratch/example"
    check "$command --help ends with an example" grep -qE "^  .*(thrivestack|SUDO)" "$scratch/example"
done <"$scratch/commands"

# The folders that the packages make: RUNDIR/thrivestack and the spool, which `events send` uses, too.
names_file() {
    sed -n '/^\.Sh FILES/,/^\.Sh E/p' "$pages/$1" | grep -qF ".It Pa $2"
}
awk '$1 == "d" { print $2 }' "${pages%/*}/thrivestack.conf" >"$scratch/folders"
while read -r folder; do
    check "the FILES of pam_thrivestack.8 name $folder" names_file pam_thrivestack.8 "$folder"
done <"$scratch/folders"
spool=$(tail -n 1 "$scratch/folders")
check "the FILES of thrivestack-credential.1 name $spool" names_file thrivestack-credential.1 "$spool"

# The examples of credential.conf.5, each as the only configuration.
awk -v folder="$scratch/example." '/^\.Sh / { inside = $2 == "EXAMPLES" } !inside { next }
    /^\.Ed/ { file = "" } file != "" { print >file } /^\.Bd/ { file = folder (++count) }' "$pages/credential.conf.5"
check 'credential.conf.5 has four examples' test -s "$scratch/example.4"
accepts_config() {
    printf 'protocol=https\nhost=no.section.example\n\n' | HOME=$scratch "$helper" git get --config "$1"
}
for example in "$scratch"/example.[0-9]; do
    check "the program accepts example ${example##*.} of credential.conf.5" accepts_config "$example"
done

for page in "$pages"/*.[158]; do
    name=${page##*/}
    mandoc -T lint -W warning "$page" >"$scratch/lint" 2>&1
    check "$name: mandoc warns: $(head -n 3 "$scratch/lint")" test ! -s "$scratch/lint"
    check "$name: a path of the build is missing" sh -c '! grep -nE "@[a-z]+@" "$1"' sh "$page"
    for heading in EXAMPLES FILES SECURITY 'EXIT STATUS|RETURN VALUES.*'; do
        check "$name has a section $heading" grep -qE "^\.Sh ($heading)\$" "$page"
    done
done

finish
