# A static function's name is in at most two files, because gdb and grep show the name alone. Arguments: the
# C files of the product as clang-format leaves them: the line with `static` ends before the name, which
# is in the first column of the next one. Prints each name that more files share; the exit status is 1
# where there is one.
BEGIN { most = 2 }

FNR == 1 { is_static = 0 }

is_static && /^[a-z_0-9]+\(/ {
    name = $0
    sub(/\(.*/, "", name)
    if (!((name, FILENAME) in seen)) {
        seen[name, FILENAME] = 1
        count[name]++
        files[name] = files[name] " " FILENAME
    }
    found++
}

{ is_static = /^static [^;(]*$/ }

END {
    if (found == 0) {
        print "no static function was found"
        exit 1
    }
    for (name in count)
        if (count[name] > most) {
            print name ": static in " count[name] " files:" files[name]
            bad = 1
        }
    exit bad
}
